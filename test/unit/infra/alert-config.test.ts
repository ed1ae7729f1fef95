import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../../infra/config.ts';

const dir = mkdtempSync(join(tmpdir(), 'busyhour-alert-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const secretFile = join(dir, 'secret');
writeFileSync(secretFile, 'a secret kept in a file\n');

let files = 0;
const load = (text: string) => {
  const path = join(dir, `${++files}.yaml`);
  writeFileSync(path, text);
  return loadConfig({}, path);
};
const valid = (text: string): Config => {
  const result = load(text);
  if (result.status === 'invalid') throw new Error(result.faults.join('\n'));
  return result.config;
};
const faultsOf = (text: string): string => {
  const result = load(text);
  return result.status === 'invalid' ? result.faults.join('\n') : '';
};

describe('alerts', () => {
  it('are none unless the file has some', () => {
    expect(valid('')).toMatchObject({ alerts: [], webhooks: [] });
  });

  it('are rules as people write them', () => {
    const { alerts } = valid(`
alerts:
  - when: waiting > 10
  - id: sales-service-level
    when: service_level < 80 % for 3 min
    clear: 0.85
    clear_after: 2 min
    min_offered: 5
    queues: [sales, "support-*"]
    channel: voice
  - when: silent_for > 2 min
`);
    expect(alerts).toMatchObject([
      { id: 'waiting > 10', metric: 'waiting', queues: ['*'] },
      {
        id: 'sales-service-level',
        threshold: 0.8,
        clear_threshold: 0.85,
        for_ms: 180_000,
        clear_after_ms: 120_000,
        min_offered: 5,
        queues: ['sales', 'support-*'],
        channel: 'voice',
      },
      { metric: 'silent_for', queues: [] },
    ]);
  });

  it.each([
    ['alerts: waiting > 10', 'alerts must be a list'],
    ['alerts: [waiting]', 'alerts[0] must have a condition "when"'],
    ['alerts: [{id: x}]', 'alerts[0].when is missing'],
    ['alerts: [{when: waiting > ten}]', 'alerts[0].when: "ten" does not go with waiting'],
    ['alerts: [{when: waiting > 10, every: day}]', 'alerts[0].every is unknown (known: id, when'],
    ['alerts: [{when: waiting > 10}, {when: waiting > 10}]', 'two rules are called "waiting > 10"'],
    ['alerts: [{when: waiting > 10, clear: 12}]', 'alerts[0].clear: 12 must be on the other side'],
  ])('%s is refused', (text, fault) => {
    expect(faultsOf(text)).toContain(fault);
  });
});

describe('webhooks', () => {
  it('have an address, a secret and what they are told of', () => {
    const { webhooks } = valid(`
webhooks:
  - name: pager
    url: https://pager.example/hook/abc
    secret: a secret that is long enough
    rules: [sales-service-level]
    queues: ["sales*"]
  - url: http://127.0.0.1:9000/
    secret_file: ${secretFile}
    tenant: acme
  - url: http://pager.lan/
    secret: a secret that is long enough
    allow_http: true
`);
    expect(webhooks).toMatchObject([
      { name: 'pager', tenant: 'default', rules: ['sales-service-level'], queues: ['sales*'] },
      { secret: 'a secret kept in a file', tenant: 'acme', rules: null, queues: null },
      { url: 'http://pager.lan/' },
    ]);
    expect(webhooks[1]?.name).toMatch(/^webhook-[0-9a-f]{8}$/);
  });

  const SECRET = 'secret: a secret that is long enough';
  it.each([
    ['webhooks: https://x.example', 'webhooks must be a list'],
    [`webhooks: [{${SECRET}}]`, 'webhooks[0].url must be https'],
    [`webhooks: [{url: "ftp://x.example/s3cret", ${SECRET}}]`, 'webhooks[0].url must be https'],
    [`webhooks: [{url: "http://x.example/s3cret", ${SECRET}}]`, 'must be https, as it leaves this machine'],
    [`webhooks: [{url: "http://127.0.0.1.example/", ${SECRET}}]`, 'must be https, as it leaves this machine'],
    [`webhooks: [{url: "https://me:s3cret@x.example/", ${SECRET}}]`, 'must not hold a user or password'],
    ['webhooks: [{url: "https://x.example/"}]', 'webhooks[0].secret must have at least 16 characters'],
    ['webhooks: [{url: "https://x.example/", secret: short}]', 'at least 16 characters'],
    ['webhooks: [{url: "https://x.example/", secret_file: /nowhere}]', 'webhooks[0].secret_file'],
    [`webhooks: [{url: "https://x.example/", ${SECRET}, rules: all}]`, 'webhooks[0].rules must be a list'],
    [`webhooks: [{url: "https://x.example/", ${SECRET}, method: PUT}]`, 'webhooks[0].method is unknown'],
    [`webhooks: [{url: "https://x.example/", ${SECRET}, name: "a b"}]`, 'webhooks[0].name must be'],
    [
      `webhooks: [{url: "https://x.example/", ${SECRET}}, {url: "https://x.example/", ${SECRET}}]`,
      'give each its own name',
    ],
  ])('%s is refused, and no fault tells the address', (text, fault) => {
    expect(faultsOf(text)).toContain(fault);
    expect(faultsOf(text)).not.toContain('s3cret');
  });
});
