import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';

const dir = mkdtempSync(join(tmpdir(), 'busyhour-level-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const path = join(dir, 'busyhour.yaml');
const load = (text: string) => {
  writeFileSync(path, text);
  return loadConfig({}, path);
};

describe('service levels of queues', () => {
  it('are the default but for what the file says', () => {
    const result = load(`
service_levels:
  - queues: sales
    sl_threshold: 30s
    sl_target: 90 %
  - queues: [support-de, "support-*"]
    channel: email
    sl_formula: short_excluded
    sl_threshold: 4h
    short_abandon: 1m
    count_exits: true
    sl_target: 0.8
`);
    expect(result.status === 'valid' ? result.config.serviceLevels : result.faults).toEqual([
      {
        queues: ['sales'],
        channel: '',
        formula: 'abandons_negative',
        threshold_ms: 30_000,
        short_abandon_ms: 5000,
        count_exits: false,
        target: 0.9,
      },
      {
        queues: ['support-de', 'support-*'],
        channel: 'email',
        formula: 'short_excluded',
        threshold_ms: 14_400_000,
        short_abandon_ms: 60_000,
        count_exits: true,
        target: 0.8,
      },
    ]);
  });

  it.each([
    ['service_levels: sales', 'service_levels must be a list'],
    ['service_levels: [sales]', 'service_levels[0] must have the queues'],
    ['service_levels: [{}]', 'service_levels[0].queues: must be 1 to'],
    [
      'service_levels: [{queues: [a], threshold: 20s}]',
      'service_levels[0].threshold: is unknown (known: queues',
    ],
    ['service_levels: [{queues: [a], sl_formula: best}]', 'sl_formula: best must be one of answered_only'],
    ['service_levels: [{queues: [a], channel: fax}]', 'channel: fax must be one of voice'],
    ['service_levels: [{queues: [a], sl_threshold: soon}]', 'sl_threshold: soon must be a duration'],
    [
      'service_levels: [{queues: [a], sl_threshold: 62s}]',
      'sl_threshold: 62s must be one of the limits kept',
    ],
    [
      'service_levels: [{queues: [a], short_abandon: 0s}]',
      'short_abandon: 0s must be one of the limits kept',
    ],
    ['service_levels: [{queues: [a], count_exits: often}]', 'count_exits: often must be true or false'],
    ['service_levels: [{queues: [a], sl_target: 90}]', 'sl_target: 90 must be a fraction'],
  ])('%s is refused', (text, fault) => {
    const result = load(text);
    expect(result.status === 'invalid' ? result.faults : []).toEqual([expect.stringContaining(fault)]);
  });
});
