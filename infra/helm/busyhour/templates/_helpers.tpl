{{- define "busyhour.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* Called with (list $ role). */}}
{{- define "busyhour.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "busyhour.labels" -}}
{{- $root := index . 0 -}}
{{ include "busyhour.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{- define "busyhour.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* What every role is told. */}}
{{- define "busyhour.settings" -}}
- name: BUSYHOUR_LOG
  value: {{ .Values.log.url | quote }}
- name: BUSYHOUR_LOG_SASL
  value: {{ .Values.log.sasl | quote }}
- name: BUSYHOUR_LOG_TLS
  value: {{ .Values.log.tls | quote }}
{{- if ne .Values.log.sasl "none" }}
- name: BUSYHOUR_LOG_USERNAME_FILE
  value: /run/secrets/log/username
- name: BUSYHOUR_LOG_PASSWORD_FILE
  value: /run/secrets/log/password
{{- end }}
{{- if .Values.log.caSecret }}
- name: BUSYHOUR_LOG_TLS_CA_FILE
  value: /run/secrets/log-ca/ca.crt
{{- end }}
{{- if .Values.schemaRegistry.existingSecret }}
- name: BUSYHOUR_SCHEMA_REGISTRY_URL_FILE
  value: /run/secrets/schema-registry/url
{{- else }}
- name: BUSYHOUR_SCHEMA_REGISTRY_URL
  value: {{ .Values.schemaRegistry.url | quote }}
{{- end }}
- name: BUSYHOUR_CLICKHOUSE_URL_FILE
  value: /run/secrets/clickhouse/url
- name: BUSYHOUR_CLICKHOUSE_CLUSTER
  value: {{ .Values.clickhouse.cluster | quote }}
- name: BUSYHOUR_TIME_ZONE
  value: {{ .Values.timeZone | quote }}
- name: BUSYHOUR_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
{{- end }}

{{- define "busyhour.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: clickhouse, mountPath: /run/secrets/clickhouse, readOnly: true}
{{- if ne .Values.log.sasl "none" }}
- {name: log, mountPath: /run/secrets/log, readOnly: true}
{{- end }}
{{- if .Values.log.caSecret }}
- {name: log-ca, mountPath: /run/secrets/log-ca, readOnly: true}
{{- end }}
{{- if .Values.schemaRegistry.existingSecret }}
- {name: schema-registry, mountPath: /run/secrets/schema-registry, readOnly: true}
{{- end }}
{{- end }}

{{- define "busyhour.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: clickhouse
  secret: {secretName: {{ required "clickhouse.existingSecret: name the Secret with ClickHouse's url" .Values.clickhouse.existingSecret | quote }}}
{{- if ne .Values.log.sasl "none" }}
- name: log
  secret: {secretName: {{ required "log.existingSecret: name the Secret with username and password, or set log.sasl to none" .Values.log.existingSecret | quote }}}
{{- end }}
{{- if .Values.log.caSecret }}
- name: log-ca
  secret: {secretName: {{ .Values.log.caSecret | quote }}}
{{- end }}
{{- if .Values.schemaRegistry.existingSecret }}
- name: schema-registry
  secret: {secretName: {{ .Values.schemaRegistry.existingSecret | quote }}}
{{- end }}
{{- end }}

{{- /* Called with (list $ key…): the secrets of Busyhour's own that a role needs, mounted by busyhour.ownMount. */}}
{{- define "busyhour.ownSecret" -}}
{{- $root := index . 0 -}}
- name: own-secret
  secret:
    secretName: {{ required "secretsSecret: name the Secret with api-token, pseudonym-key and sql-key" $root.Values.secretsSecret | quote }}
    items:
      {{- range rest . }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}

{{- define "busyhour.ownMount" -}}
- {name: own-secret, mountPath: /run/secrets/busyhour, readOnly: true}
{{- end }}

{{- define "busyhour.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "busyhour.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "busyhour.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Called with (list $ role): replicas apart from each other where that can be had. */}}
{{- define "busyhour.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "busyhour.selector" . | nindent 8 }}
{{- end }}
