import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../../infra/config.ts';

const dir = mkdtempSync(join(tmpdir(), 'busyhour-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
const file = (text: string): string => {
  const path = join(dir, `${++files}.yaml`);
  writeFileSync(path, text);
  return path;
};
const valid = (env: Record<string, string>, path = file('')): Config => {
  const result = loadConfig(env, path);
  if (result.status === 'invalid') throw new Error(result.faults.join('\n'));
  return result.config;
};
const faults = (env: Record<string, string>, path = file('')): readonly string[] => {
  const result = loadConfig(env, path);
  return result.status === 'invalid' ? result.faults : [];
};

describe('configuration', () => {
  it('has defaults for everything', () => {
    expect(valid({})).toMatchObject({
      dataDir: resolve('data'),
      clickhouse: { kind: 'embedded' },
      host: '127.0.0.1',
      port: 8080,
      clickhouseHttpPort: 8123,
      auth: 'token',
      feeds: [],
    });
  });

  it('the environment wins over the file, the file over the defaults', () => {
    const path = file('port: 9000\nhost: 127.0.0.2\n');
    expect(valid({ BUSYHOUR_PORT: '9001' }, path)).toMatchObject({ port: 9001, host: '127.0.0.2' });
  });

  it('takes a secret from a file named by _FILE', () => {
    const secret = file('http://ops:s3cret@db:8123/acd\n');
    expect(valid({ BUSYHOUR_CLICKHOUSE_URL_FILE: secret }).clickhouse).toEqual({
      kind: 'external',
      url: 'http://db:8123',
      username: 'ops',
      password: 's3cret',
    });
  });

  it('says whose tokens are taken beside our own, and which proxies are believed', () => {
    expect(valid({})).toMatchObject({ jwt: null });
    const config = valid({
      BUSYHOUR_JWT_ISSUER: 'https://id.example',
      BUSYHOUR_JWT_AUDIENCE: 'busyhour',
      BUSYHOUR_JWT_JWKS_URL: 'https://id.example/keys',
      BUSYHOUR_TRUSTED_PROXIES: '10.0.0.0/8',
    });
    const [issuer, audience, jwksUrl] = ['https://id.example', 'busyhour', 'https://id.example/keys'];
    expect(config.jwt).toEqual({ issuer, audience, jwksUrl });
    expect([config.isTrustedProxy('10.1.2.3'), config.isTrustedProxy('192.0.2.1')]).toEqual([true, false]);
    expect(faults({ BUSYHOUR_JWT_ISSUER: 'https://id.example', BUSYHOUR_TRUSTED_PROXIES: 'x' })).toHaveLength(
      2,
    );
  });

  it('says how long rows are kept, by table, in the file or as one text', () => {
    const path = file('retention: { contact_legs: 400d, queue_intervals: forever }\n');
    expect(valid({}, path).retention).toEqual({ contact_legs: 400 * 86_400_000, queue_intervals: null });
    expect(valid({ BUSYHOUR_RETENTION: '{events: 90d}' }, path).retention).toEqual({
      events: 90 * 86_400_000,
    });
    expect(valid({})).toMatchObject({ retention: {}, keepNumbers: 'no' });
    expect(faults({ BUSYHOUR_RETENTION: '{event: 90d, audit: 5, alerts: 0d}' })).toHaveLength(3);
    expect(faults({ BUSYHOUR_RETENTION: '90d', BUSYHOUR_KEEP_NUMBERS: 'plain' })).toHaveLength(2);
  });

  it('reads feeds to follow', () => {
    const path = file('feeds:\n  - { feed: asterisk-queue-log, path: /var/log/q, source: pbx1 }\n');
    expect(valid({}, path).feeds).toEqual([
      { feed: 'asterisk-queue-log', path: '/var/log/q', source: 'pbx1', tenant: 'default', aliases: null },
    ]);
  });

  it('reports every fault at once, each with where it is', () => {
    const path = file('prot: 1\nfeeds:\n  - { feed: x, sauce: y }\n');
    const found = faults(
      {
        BUSYHOUR_PORT: 'http',
        BUSYHOUR_AUTH: 'maybe',
        BUSYHOUR_TIME_ZONE: 'Mars/Olympus',
        BUSYHOUR_LOG: 'kafka://b',
      },
      path,
    );
    expect(found.map((fault) => fault.replace(`${path}: `, ''))).toEqual([
      expect.stringMatching(/^unknown setting "prot"/),
      expect.stringMatching(/^feeds\[0\]\.sauce is unknown/),
      'feeds[0].path is missing',
      'feeds[0].source is missing',
      expect.stringMatching(/^BUSYHOUR_LOG: /),
      'BUSYHOUR_AUTH: "maybe" must be one of token, off',
      expect.stringMatching(/^BUSYHOUR_TIME_ZONE: "Mars\/Olympus"/),
      'BUSYHOUR_PORT: "http" is no port (0 to 65535)',
    ]);
  });

  it('takes Kafka with how to get in, and says all that is missing', () => {
    expect(
      valid({
        BUSYHOUR_LOG: 'kafka://a:9092,b:9092',
        BUSYHOUR_LOG_SASL: 'scram-sha-512',
        BUSYHOUR_LOG_USERNAME: 'ops',
        BUSYHOUR_LOG_PASSWORD_FILE: file('s3cret\n'),
        BUSYHOUR_LOG_TLS: 'on',
        BUSYHOUR_LOG_SESSION_MS: '10000',
      }).log,
    ).toEqual({
      kind: 'kafka',
      brokers: ['a:9092', 'b:9092'],
      tls: { ca: '' },
      sasl: { mechanism: 'scram-sha-512', username: 'ops', password: 's3cret', tokenUrl: '' },
      sessionMs: 10_000,
    });
    expect(
      faults({
        BUSYHOUR_LOG: 'kafka://a:9092',
        BUSYHOUR_LOG_SASL: 'oauthbearer',
        BUSYHOUR_LOG_TLS: 'maybe',
        BUSYHOUR_LOG_SESSION_MS: '10s',
      }),
    ).toEqual([
      'BUSYHOUR_LOG_TLS: "maybe" must be one of off, on',
      'BUSYHOUR_LOG_USERNAME is missing: oauthbearer needs it',
      'BUSYHOUR_LOG_PASSWORD is missing: oauthbearer needs it',
      'BUSYHOUR_LOG_TOKEN_URL is missing: oauthbearer needs the address that issues tokens',
      'BUSYHOUR_LOG_SESSION_MS: "10s" must be 1000 to 1800000',
    ]);
  });

  it('a registry, a cluster and an analyst are checked like everything else', () => {
    expect(
      faults({
        BUSYHOUR_SCHEMA_REGISTRY_URL: 'registry',
        BUSYHOUR_CLICKHOUSE_CLUSTER: "a'b",
        BUSYHOUR_CLICKHOUSE_ANALYST_URL: 'ftp://x',
      }).map((fault) => fault.split(':')[0]),
    ).toEqual([
      'BUSYHOUR_CLICKHOUSE_ANALYST_URL',
      'BUSYHOUR_CLICKHOUSE_CLUSTER',
      'BUSYHOUR_SCHEMA_REGISTRY_URL',
    ]);
  });

  it('refuses to go without tokens on a host others can reach', () => {
    expect(faults({ BUSYHOUR_AUTH: 'off', BUSYHOUR_HOST: '0.0.0.0' })).toEqual([
      'BUSYHOUR_AUTH: "off" only goes with a loopback host, not BUSYHOUR_HOST=0.0.0.0',
    ]);
  });

  it('never repeats a URL that may hold a password', () => {
    const [fault] = faults({ BUSYHOUR_CLICKHOUSE_URL: 'ftp://ops:s3cret@db/acd' });
    expect(fault).toMatch(/^BUSYHOUR_CLICKHOUSE_URL: must be/);
    expect(fault).not.toContain('s3cret');
  });

  it('a file that was asked for must be there and be YAML', () => {
    expect(faults({}, join(dir, 'missing.yaml'))).toHaveLength(1);
    expect(faults({}, file('a: [1'))).toHaveLength(1);
  });
});
