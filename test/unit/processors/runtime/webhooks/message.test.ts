import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAlerts } from '../../../../../infra/alert-config.ts';
import { readWebhooks } from '../../../../../infra/webhook-config.ts';
import { alertRecord } from '../../../../../processors/runtime/alert-publisher.ts';
import {
  isWanted,
  messageOf,
  readAlertRecord,
  signatureOf,
} from '../../../../../processors/runtime/webhooks/message.ts';
import type { AlertRow } from '../../../../../schemas/alerts.ts';

const row: AlertRow = {
  tenant: 'default',
  source: 'pbx/1',
  rule: 'too many',
  queue: 'sales',
  status: 'raised',
  value: 11,
  threshold: 10,
  raised_at: Date.parse('2026-11-24T09:00:00Z'),
  cleared_at: null,
  version: 7,
};
const cleared: AlertRow = { ...row, status: 'cleared', cleared_at: row.raised_at + 60_000, version: 9 };
const guide = readFileSync(new URL('../../../../../docs/alerts.md', import.meta.url), 'utf8');
const codeOf = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

describe('a message', () => {
  it('has an id of its own for each of what happens to an alert, and the alert’s in its data', () => {
    const messages = [row, cleared, row].map((of) => JSON.parse(messageOf(alertRecord(of))));
    const ids = messages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe(ids[2]);
    expect(new Set(messages.map(({ data }) => data.id)).size).toBe(1);
    expect(messages[1]).toMatchObject({
      type: 'busyhour.alert.cleared',
      source: '/busyhour/default/pbx%2F1',
      subject: 'too many in sales',
      time: '2026-11-24T09:01:00.000Z',
    });
  });

  it.each([
    [{ tenant: 'default', rules: null, queues: null }, true],
    [{ tenant: 'other', rules: null, queues: null }, false],
    [{ tenant: 'default', rules: ['too many'], queues: ['sal*'] }, true],
    [{ tenant: 'default', rules: ['other'], queues: null }, false],
    [{ tenant: 'default', rules: null, queues: ['support'] }, false],
  ])('is wanted by %j: %s', (filter, wanted) => {
    expect(isWanted(filter, alertRecord(row))).toBe(wanted);
  });

  it.each([['hello'], ['null'], ['{"id":"x"}'], ['']])('is not made of %s', (text) => {
    expect(readAlertRecord(Buffer.from(text))).toBeNull();
  });

  it('is made of what the topic holds', () => {
    const record = alertRecord(row);
    expect(readAlertRecord(Buffer.from(JSON.stringify(record)))).toEqual(record);
  });
});

describe('docs/alerts.md', () => {
  it('verifies what is signed, and refuses what is not', async () => {
    const [code = ''] = codeOf('js');
    const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isGenuine: (header: string, body: string, secret: string, nowMs: number) => boolean;
    };
    const nowMs = Date.parse('2026-11-24T09:00:00Z');
    const header = signatureOf('the secret', '{"a":1}', nowMs);
    expect(isGenuine(header, '{"a":1}', 'the secret', nowMs + 1000)).toBe(true);
    expect(isGenuine(header, '{"a":2}', 'the secret', nowMs)).toBe(false);
    expect(isGenuine(header, '{"a":1}', 'another', nowMs)).toBe(false);
    expect(isGenuine(header, '{"a":1}', 'the secret', nowMs + 301_000)).toBe(false);
    expect(isGenuine('', '{"a":1}', 'the secret', nowMs)).toBe(false);
  });

  it('shows rules and webhooks that can be read', () => {
    const faults: string[] = [];
    const [rules = '', webhooks = ''] = codeOf('yaml');
    expect(readAlerts('busyhour.yaml', parse(rules).alerts, faults)).toHaveLength(6);
    expect(readWebhooks('busyhour.yaml', parse(webhooks).webhooks, faults)).toHaveLength(1);
    // The file of the secret is the reader's.
    expect(faults.filter((fault) => !fault.includes('secret'))).toEqual([]);
  });
});
