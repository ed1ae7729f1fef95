import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { unknownSettings } from './known-settings.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const FILE = join(ROOT, 'docker-compose.yml');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const text = readFileSync(FILE, 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

/** Compose by itself where COMPOSE_BIN names one, else as docker's plugin. */
const [COMPOSE = '', ...SUBCOMMAND] =
  process.env.COMPOSE_BIN === undefined ? ['docker', 'compose'] : [process.env.COMPOSE_BIN];
const runCompose = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): string =>
  execFileSync(COMPOSE, [...SUBCOMMAND, ...args], { encoding: 'utf8', stdio: 'pipe', env });

/** Null when this machine's docker has no compose: then only the tests of the file's shape say something. */
const composeVersion = (): string | null => {
  try {
    return runCompose(['version', '--short']).trim();
  } catch {
    return null;
  }
};

describe('docker-compose.yml', () => {
  it('names only settings that the configuration knows', () => {
    expect(unknownSettings(text)).toEqual([]);
  });

  it('is what docker compose accepts', () => {
    const version = composeVersion();
    if (version === null) {
      console.log(
        'docker compose is not here (COMPOSE_BIN names one): `config` was not run, only the file’s shape is tested',
      );
      expect(Object.keys(compose).filter((key) => !key.startsWith('x-'))).toEqual([
        'name',
        'services',
        'networks',
        'volumes',
        'secrets',
      ]);
      return;
    }
    console.log(`docker compose ${version} reads docker-compose.yml`);
    const env = { ...process.env, SECRETS_DIR: '/tmp', QUEUE_LOG_DIR: '/tmp', SOURCE: 's', TIME_ZONE: 'UTC' };
    const servicesOf = (...files: string[]): string[] =>
      runCompose([...files.flatMap((file) => ['--file', file]), 'config', '--services'], env)
        .trim()
        .split('\n')
        .sort();
    const names = Object.keys(compose.services);
    expect(servicesOf(FILE)).toEqual(names.toSorted());
    const observability = join(ROOT, 'infra/docker/observability.yml');
    expect(servicesOf(FILE, observability)).toEqual([...names, 'grafana', 'prometheus'].sort());
  });

  it('has every role, two workers, a broker and a store', () => {
    expect(Object.keys(compose.services)).toEqual([
      'kafka',
      'clickhouse',
      'ingest',
      'process-1',
      'process-2',
      'serve',
    ]);
    expect(ours.map(([, { command = [] }]) => command[0])).toEqual(['ingest', 'process', 'process', 'serve']);
  });

  it.each(services)('%s uses only keys of the compose specification', (_name, service) => {
    const known =
      'build image restart init read_only cap_drop security_opt tmpfs networks stop_grace_period secrets depends_on command environment volumes healthcheck ports ulimits'.split(
        ' ',
      );
    expect(Object.keys(service).filter((key) => !known.includes(key))).toEqual([]);
    expect(Object.values(service.environment ?? {}).filter((value) => typeof value !== 'string')).toEqual([]);
  });

  it.each(services)('%s refers only to networks, volumes and secrets that are there', (_name, service) => {
    for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
    for (const secret of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(secret);
    for (const volume of service.volumes ?? []) {
      const from = volume.startsWith('${') ? '' : (volume.split(':')[0] ?? '');
      if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true);
      else if (from !== '') expect(Object.keys(compose.volumes)).toContain(from);
    }
  });

  it('mounts every secret that a setting is read from', () => {
    for (const [name, { environment = {}, secrets = [] }] of ours) {
      const files = Object.entries(environment).filter(([setting]) => setting.endsWith('_FILE'));
      expect(files.length, name).toBeGreaterThan(0);
      for (const [, file] of files) expect(secrets.map((secret) => `/run/secrets/${secret}`)).toContain(file);
    }
  });

  it('gives each role the secrets it needs and no other', () => {
    const given = Object.fromEntries(ours.map(([name, { secrets = [] }]) => [name, [...secrets].sort()]));
    expect(given).toEqual({
      ingest: ['clickhouse_url', 'pseudonym_key'],
      'process-1': ['clickhouse_url'],
      'process-2': ['clickhouse_url'],
      serve: ['api_token', 'clickhouse_analyst_url', 'clickhouse_url', 'sql_key'],
    });
    expect(compose.services.serve?.environment).toMatchObject({
      BUSYHOUR_API_TOKEN_FILE: '/run/secrets/api_token',
      BUSYHOUR_SQL_KEY_FILE: '/run/secrets/sql_key',
      BUSYHOUR_CLICKHOUSE_ANALYST_URL_FILE: '/run/secrets/clickhouse_analyst_url',
    });
    expect(compose.services.ingest?.environment).toMatchObject({
      BUSYHOUR_PSEUDONYM_KEY_FILE: '/run/secrets/pseudonym_key',
    });
  });

  it('publishes ports on loopback alone', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  it('has the broker, which asks for no password, on a network without a way in or out', () => {
    expect(compose.services.kafka?.networks).toEqual(['inside']);
    expect(compose.services.kafka?.ports).toBeUndefined();
    expect(compose.networks.inside?.internal).toBe(true);
  });

  it('holds no password and no default for one: what must be set is required', () => {
    const variables = text.match(/\$\{[^}]*\}/g) ?? [];
    expect(variables.filter((variable) => !/^\$\{\w+:\?[^}]+\}$/.test(variable))).toEqual([]);
    const settings = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    expect(
      settings.filter(
        ([name]) =>
          /PASSWORD|TOKEN|SECRET|_KEY|_URL$/.test(name) &&
          !name.endsWith('_FILE') &&
          name !== 'BUSYHOUR_SCHEMA_REGISTRY_URL',
      ),
    ).toEqual([]);
    expect(text).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
  });

  it('has every required variable in .env.example', () => {
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
    expect(new Set([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name))).toEqual(required);
  });

  it.each(services)('%s is watched, or says why it cannot be', (name, { healthcheck, build }) => {
    if (name === 'ingest') expect(healthcheck?.disable).toBe(true);
    else if (build === undefined) expect(healthcheck?.test?.[0]).toBe('CMD');
    // The image's own check.
    else expect(healthcheck).toBeUndefined();
  });

  it.each(ours)(
    '%s waits for broker and store, and keeps nothing but, if it ingests, its place in the feed',
    (name, service) => {
      expect(service.depends_on).toEqual({
        kafka: { condition: 'service_healthy' },
        clickhouse: { condition: 'service_healthy' },
      });
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      const kept = (service.volumes ?? []).filter((volume) => !volume.endsWith(':ro'));
      expect(kept).toEqual(name === 'ingest' ? ['ingest-data:/data'] : []);
      // The image declares /data: left alone, Docker would make a volume of no name for it at every start.
      expect(service.tmpfs).toEqual(name === 'ingest' ? ['/tmp'] : ['/tmp', '/data']);
    },
  );

  it('pins every image', () => {
    const images = services.map(([, { image = '' }]) => image);
    expect(images.filter((image) => !/:\d+\.\d+/.test(image))).toEqual([]);
  });
});

describe('make-secrets.sh', () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-secrets-'));
  const make = () => execFileSync('sh', [join(ROOT, 'infra/docker/make-secrets.sh'), join(dir, 'secrets')]);
  const secret = (name: string): string => readFileSync(join(dir, 'secrets', name), 'utf8');
  beforeAll(make);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('makes what the compose file mounts, in a directory of its owner alone', () => {
    for (const { file } of Object.values(compose.secrets)) {
      expect(secret(file.slice(file.lastIndexOf('/') + 1))).not.toBe('');
    }
    expect(statSync(join(dir, 'secrets')).mode & 0o777).toBe(0o700);
  });

  it('makes a token and a key of 24 random bytes, not the same', () => {
    expect(secret('api_token')).toMatch(/^[0-9a-f]{48}\n$/);
    expect(secret('pseudonym_key')).toMatch(/^[0-9a-f]{48}\n$/);
    expect(secret('api_token')).not.toBe(secret('pseudonym_key'));
  });

  it('leaves the secrets of before alone, and makes the one that is missing', () => {
    const all = (): Record<string, string> =>
      Object.fromEntries(readdirSync(join(dir, 'secrets')).map((name) => [name, secret(name)]));
    const before = all();
    make();
    expect(all()).toEqual(before);
    rmSync(join(dir, 'secrets/api_token'));
    make();
    const { api_token: token, ...others } = all();
    expect({ ...others, api_token: before.api_token }).toEqual(before);
    expect(token).not.toBe(before.api_token);
  });

  it('has the analyst’s address with the analyst’s password', () => {
    const url = new URL(secret('clickhouse_analyst_url').trim());
    expect([url.username, url.password]).toEqual(['analyst', secret('clickhouse_analyst_password').trim()]);
  });
});
