/** The files of infra/grafana and infra/prometheus, as far as tests look into them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const INFRA = join(import.meta.dirname, '../../../infra');
export const PROMETHEUS_DIR = join(INFRA, 'prometheus');

interface Panel {
  readonly title: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly targets: readonly {
    readonly expr?: string;
    readonly legendFormat?: string;
    readonly rawSql?: string;
  }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly variables: readonly { readonly name: string; readonly query: string }[];
}

export const dashboardOf = (name: string): Dashboard => {
  const text = readFileSync(join(INFRA, 'grafana/dashboards', `${name}.json`), 'utf8');
  const { panels, templating } = JSON.parse(text) as {
    panels: Panel[];
    templating: { list: { name: string; query: string }[] };
  };
  return { panels, variables: templating.list };
};

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook_url: string };
}
export const prometheusAlerts = (): readonly Alert[] => {
  const { groups } = parse(readFileSync(join(PROMETHEUS_DIR, 'alerts.yml'), 'utf8')) as {
    groups: { rules: Alert[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
};
