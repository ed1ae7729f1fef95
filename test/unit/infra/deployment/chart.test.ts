import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { unknownSettings } from './known-settings.ts';

const CHART = resolve(import.meta.dirname, '../../../../infra/helm/busyhour');
const TEMPLATES = readdirSync(join(CHART, 'templates'));
const read = (path: string): string => readFileSync(join(CHART, path), 'utf8');
const templates = TEMPLATES.map((name) => read(`templates/${name}`)).join('\n');

type Tree = { readonly [key: string]: unknown };
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Dotted paths of everything in the values; `stop` says where what is below belongs to Kubernetes. */
const paths = (tree: Tree, stop: (path: string) => boolean, above = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]) => {
    const path = above === '' ? key : `${above}.${key}`;
    return isTree(value) && !stop(path) ? [path, ...paths(value, stop, path)] : [path];
  });

/** The same paths as the JSON schema has them. */
const schemaPaths = (schema: Tree, above = ''): string[] =>
  Object.entries(isTree(schema.properties) ? schema.properties : {}).flatMap(([key, value]) => {
    const path = above === '' ? key : `${above}.${key}`;
    const below = isTree(value) && value.$ref === '#/definitions/budget' ? [`${path}.maxUnavailable`] : [];
    return [path, ...below, ...(isTree(value) ? schemaPaths(value, path) : [])];
  });

describe('the chart, unrendered', () => {
  const values = parse(read('values.yaml')) as Tree;

  it('names only settings that the configuration knows', () => {
    expect(unknownSettings(templates)).toEqual([]);
  });

  it('has every value in its schema, and every value of the schema among the defaults', () => {
    const schema = JSON.parse(read('values.schema.json')) as Tree;
    const free = (path: string) => /\.resources$|\.selector$|\.labels$|\.annotations$/.test(path);
    expect(
      schemaPaths(schema)
        .filter((path) => path !== 'global')
        .sort(),
    ).toEqual(paths(values, free).sort());
  });

  it('uses only values that exist', () => {
    const used = new Set([...templates.matchAll(/\.Values\.([A-Za-z.]+)/g)].map(([, path = '']) => path));
    const known = new Set(paths(values, () => false));
    expect([...used].filter((path) => !known.has(path))).toEqual([]);
  });

  it('has no secret among its values', () => {
    expect(read('values.yaml')).not.toMatch(/password: *\S|token: *\S{12}/i);
  });
});

const HELM = process.env.HELM_BIN ?? 'helm';
const KUBERNETES = ['--kube-version', '1.31.0'];
const helmVersion = (): string | null => {
  try {
    return execFileSync(HELM, ['version', '--short'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
};
const version = helmVersion();
console.log(
  version === null
    ? 'helm is not here (HELM_BIN names one): the chart was NOT rendered, only its values and templates were read; see docs/deployment.md'
    : `helm ${version} renders the chart`,
);

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext?: Tree;
  readonly resources?: { readonly requests?: Tree; readonly limits?: Tree };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: Tree;
  readonly livenessProbe?: Tree;
}
interface PodSpec {
  readonly securityContext: Tree;
  readonly automountServiceAccountToken: boolean;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] };
  }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly metadata: { readonly labels: Tree }; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly metrics?: readonly Tree[];
  };
}

const REQUIRED = {
  log: { url: 'kafka://kafka-0:9093,kafka-1:9093', existingSecret: 'kafka' },
  clickhouse: { existingSecret: 'clickhouse' },
  secretsSecret: 'node',
};
const EVERYTHING = {
  ...REQUIRED,
  log: { ...REQUIRED.log, caSecret: 'kafka-ca' },
  clickhouse: { ...REQUIRED.clickhouse, cluster: 'acd' },
  schemaRegistry: { existingSecret: 'registry' },
  ingest: {
    feeds: [
      {
        name: 'berlin',
        feed: 'asterisk-queue-log',
        path: '/feed/queue_log',
        source: 'berlin',
        volume: { persistentVolumeClaim: { claimName: 'logs' } },
      },
      { name: 'lab', feed: 'asterisk-queue-log', path: '/feed/q', source: 'lab', tenant: 'lab' },
    ],
  },
  process: { autoscaling: { enabled: true } },
  serve: {
    autoscaling: { enabled: true },
    trustedProxies: ['10.0.0.0/8'],
    jwt: { issuer: 'https://id.example', audience: 'busyhour', jwksUrl: 'https://id.example/keys' },
    ingress: { enabled: true, host: 'acd.example', tlsSecret: 'tls' },
  },
  serviceMonitor: { enabled: true },
};
const REQUIRED_WITH_FEED = { ...REQUIRED, ingest: { feeds: EVERYTHING.ingest.feeds.slice(0, 1) } };

const renderedChart = (): void => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-chart-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const render = (values: object): string => {
    const file = join(dir, 'values.yaml');
    writeFileSync(file, JSON.stringify(values));
    return execFileSync(HELM, ['template', 'acd', CHART, '--values', file, ...KUBERNETES], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  };
  const manifests = (values: object): Manifest[] =>
    parseAllDocuments(render(values))
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest) => manifest !== null);
  const named = (all: readonly Manifest[], kind: string): string[] =>
    all.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
  const pods = (all: readonly Manifest[]) =>
    all.flatMap((one) => (one.spec.template === undefined ? [] : [{ ...one, pod: one.spec.template.spec }]));

  it('names only settings that the configuration knows', () => {
    expect(unknownSettings(render(EVERYTHING))).toEqual([]);
  });

  it('has the roles, their budgets, their scaling and their walls', () => {
    const all = manifests(EVERYTHING);
    expect(named(all, 'StatefulSet')).toEqual(['acd-busyhour-ingest-berlin', 'acd-busyhour-ingest-lab']);
    expect(named(all, 'Deployment')).toEqual(['acd-busyhour-process', 'acd-busyhour-serve']);
    for (const kind of ['PodDisruptionBudget', 'HorizontalPodAutoscaler']) {
      expect(named(all, kind).sort()).toEqual(['acd-busyhour-process', 'acd-busyhour-serve']);
    }
    expect(named(all, 'NetworkPolicy')).toHaveLength(3);
    expect(named(all, 'Ingress')).toEqual(['acd-busyhour-serve']);
    expect(named(all, 'ServiceMonitor')).toHaveLength(2);
  });

  it('leaves out what nobody asked for', () => {
    const kinds = new Set(manifests(REQUIRED).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']);
  });

  it.each(['pods', 'external'])(
    'scales workers on the lag, asked for as a metric of kind %s',
    (metricType) => {
      const all = manifests({ ...EVERYTHING, process: { autoscaling: { enabled: true, metricType } } });
      const scaler = all.find(
        (one) => one.kind === 'HorizontalPodAutoscaler' && /process/.test(one.metadata.name),
      );
      expect(JSON.stringify(scaler?.spec.metrics)).toContain('"name":"acd_lag_offsets"');
      // A number of replicas here would undo, at every upgrade, what the scaler has found.
      expect(all.find((one) => one.kind === 'Deployment')?.spec.replicas).toBeUndefined();
    },
  );

  it('selects the pods it makes', () => {
    for (const { metadata, spec } of pods(manifests(EVERYTHING))) {
      expect(spec.template?.metadata.labels, metadata.name).toMatchObject(
        spec.selector?.matchLabels ?? { none: 1 },
      );
    }
  });

  it('runs nothing as root, with a root file system that cannot be written', () => {
    for (const { pod } of pods(manifests(EVERYTHING))) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources?.limits?.memory).toBeDefined();
      }
    }
  });

  it('probes every role that listens', () => {
    const probed = pods(manifests(EVERYTHING)).flatMap(({ pod }) =>
      pod.containers.filter((one) => one.readinessProbe && one.livenessProbe).map(({ name }) => name),
    );
    expect(probed).toEqual(['process', 'serve']);
  });

  it.each([REQUIRED, EVERYTHING])(
    'mounts only volumes that are there, and every file a setting is read from',
    (values) => {
      for (const { pod, spec } of pods(manifests(values))) {
        const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
        const volumes = [...pod.volumes.map(({ name }) => name), ...claims];
        expect(new Set(volumes).size).toBe(volumes.length);
        for (const { env = [], volumeMounts = [] } of pod.containers) {
          expect(volumeMounts.map(({ name }) => name).filter((name) => !volumes.includes(name))).toEqual([]);
          const files = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value);
          const unmounted = files.filter(
            (file) => !volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`)),
          );
          expect(unmounted).toEqual([]);
        }
      }
    },
  );

  it('gives each role the secrets it needs and no other, and only ingest a place to keep things', () => {
    const given = Object.fromEntries(
      pods(manifests(REQUIRED_WITH_FEED)).map(({ pod, spec }) => [
        pod.containers[0]?.name,
        {
          secrets: pod.volumes.flatMap(({ secret }) =>
            secret === undefined ? [] : [[secret.secretName, ...(secret.items ?? []).map(({ key }) => key)]],
          ),
          settings: pod.containers
            .flatMap(({ env = [] }) => env)
            .filter(({ name }) => /TOKEN|PSEUDONYM|SQL_KEY|DATA_DIR/.test(name))
            .map(({ name, value }) => `${name}=${value}`),
          kept: (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
          prepared: pod.initContainers ?? [],
        },
      ]),
    );
    const everywhere = [['clickhouse'], ['kafka']];
    expect(given).toEqual({
      ingest: {
        secrets: [...everywhere, ['node', 'pseudonym-key']],
        settings: [
          'BUSYHOUR_DATA_DIR=/data/busyhour',
          'BUSYHOUR_PSEUDONYM_KEY_FILE=/run/secrets/busyhour/pseudonym-key',
        ],
        kept: ['data'],
        prepared: [],
      },
      process: { secrets: everywhere, settings: [], kept: [], prepared: [] },
      serve: {
        secrets: [...everywhere, ['node', 'api-token', 'sql-key']],
        settings: [
          'BUSYHOUR_API_TOKEN_FILE=/run/secrets/busyhour/api-token',
          'BUSYHOUR_SQL_KEY_FILE=/run/secrets/busyhour/sql-key',
        ],
        kept: [],
        prepared: [],
      },
    });
  });

  it('gives no role a password in its environment', () => {
    const given = pods(manifests(EVERYTHING)).flatMap(({ pod }) =>
      pod.containers.flatMap(({ env = [] }) => env),
    );
    expect(given.length).toBeGreaterThan(0);
    // The address of published keys, which may not hold a password.
    const secret = given.filter(({ name }) => name !== 'BUSYHOUR_JWT_JWKS_URL');
    expect(
      secret.filter(({ name }) => /USERNAME|PASSWORD|TOKEN|_KEY$|_URL/.test(name) && !name.endsWith('_FILE')),
    ).toEqual([]);
  });

  it.each([
    ['no log', { ...REQUIRED, log: {} }, "'/log/url'"],
    ['the embedded log', { ...REQUIRED, log: { ...REQUIRED.log, url: 'embedded' } }, "'/log/url'"],
    [
      'no Secret of the log',
      { ...REQUIRED, log: { url: REQUIRED.log.url } },
      'log.existingSecret: name the Secret',
    ],
    [
      'no Secret of ClickHouse',
      { ...REQUIRED, clickhouse: {} },
      'clickhouse.existingSecret: name the Secret',
    ],
    [
      'no Secret of Busyhour’s own',
      { ...REQUIRED, secretsSecret: '' },
      'secretsSecret: name the Secret with api-token, pseudonym-key and sql-key',
    ],
    ['a misspelt value', { ...REQUIRED, serv: {} }, "'serv'"],
    [
      'a cluster that is no name',
      { ...REQUIRED, clickhouse: { existingSecret: 'c', cluster: "a'b" } },
      "'/clickhouse/cluster'",
    ],
    [
      'an ingress without a name',
      { ...REQUIRED, serve: { ingress: { enabled: true } } },
      'serve.ingress.host',
    ],
  ])('refuses %s, and says which value it is', (_what, values, complaint) => {
    expect(() => render(values)).toThrow(complaint);
  });

  it('passes helm lint', () => {
    const file = join(dir, 'lint.yaml');
    writeFileSync(file, JSON.stringify(EVERYTHING));
    const said = execFileSync(HELM, ['lint', CHART, '--values', file, '--strict', ...KUBERNETES], {
      encoding: 'utf8',
    });
    expect(said).toContain('0 chart(s) failed');
    expect(existsSync(join(CHART, 'templates/NOTES.txt'))).toBe(true);
  });
};

if (version !== null) describe('the chart, rendered', renderedChart);
