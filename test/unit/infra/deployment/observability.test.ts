/** infra/docker/observability.yml, as far as a file can be checked that no Docker here reads. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks?: Readonly<Record<string, object>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}
const text = read('infra/docker/observability.yml');
const added = parse(text) as Compose;
const base = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(added.services);

describe('infra/docker/observability.yml', () => {
  it.each(services)(
    '%s mounts what there is, and is on the networks of docker-compose.yml',
    (_name, service) => {
      for (const volume of service.volumes ?? []) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true);
        else expect(Object.keys(added.volumes)).toContain(from);
      }
      for (const network of service.networks ?? [])
        expect(Object.keys(base.networks ?? {})).toContain(network);
      for (const secret of service.secrets ?? []) expect(Object.keys(added.secrets)).toContain(secret);
    },
  );

  it('publishes ports on loopback alone, and pins its images', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
    const images = services.flatMap(([, service]) => service.image ?? []);
    expect(images.filter((image) => !/:v?\d+\.\d+\.\d+$/.test(image))).toEqual([]);
  });

  it('lets the workers be scraped that prometheus.yml names, on the ports they have', () => {
    const { scrape_configs } = parse(read('infra/prometheus/prometheus.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = scrape_configs.flatMap((job) => job.static_configs.flatMap((group) => group.targets));
    const expected = Object.entries(base.services).flatMap(([name, { environment = {} }]) => {
      const port = environment.BUSYHOUR_METRICS_PORT ?? environment.BUSYHOUR_PORT;
      return port === undefined ? [] : [`${name}:${port}`];
    });
    expect(targets.toSorted()).toEqual(expected.toSorted());
    for (const target of targets) {
      const [name = ''] = target.split(':');
      const environment = { ...base.services[name]?.environment, ...added.services[name]?.environment };
      expect(environment.BUSYHOUR_HOST, name).toBe('0.0.0.0');
    }
  });

  it('gives Grafana the variables and secrets that its data sources take', () => {
    const sources = read('infra/grafana/provisioning/datasources/busyhour.yaml');
    const { environment = {}, secrets = [], volumes = [] } = added.services.grafana ?? {};
    for (const [, name = ''] of sources.matchAll(/: \$([A-Z_]+)$/gm)) {
      expect(Object.keys(environment)).toContain(name);
    }
    for (const [, name] of sources.matchAll(/\$__file\{\/run\/secrets\/(\w+)\}/g)) {
      expect(secrets).toContain(name);
    }
    const dashboards = parse(read('infra/grafana/provisioning/dashboards/busyhour.yaml')) as {
      providers: { options: { path: string } }[];
    };
    const [provider] = dashboards.providers;
    expect(volumes).toContain(`./infra/grafana/dashboards:${provider?.options.path}:ro`);
    expect(text).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
  });
});
