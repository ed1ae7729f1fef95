/** What a hub knows of agents, and how far a source's word goes. */
import { expect, test } from 'vitest';
import {
  applyAgent,
  createLiveAgents,
  knownUpTo,
  liveAgentsOf,
} from '../../../../query-api/live/live-agents.ts';
import { readLiveRecord } from '../../../../query-api/live/live-record.ts';
import { hearSource, SOURCE_SILENCE_MS } from '../../../../query-api/live/live-sources.ts';
import type { LiveAgentRecord } from '../../../../schemas/live.ts';

const NOW = 1_800_000_000_000;
const agent = (changes: Partial<LiveAgentRecord> = {}): LiveAgentRecord => ({
  kind: 'agent',
  tenant: 'default',
  source: 'pbx',
  agent: 'ann',
  state: 'available',
  reason: '',
  since: NOW - 60_000,
  contact_id: '',
  queue: '',
  queues: ['sales'],
  as_of: NOW,
  ...changes,
});

test('the newest record of an agent stands; of another source, he is another', () => {
  const live = createLiveAgents();
  applyAgent(live, agent(), NOW);
  applyAgent(live, agent({ state: 'on_contact' }), NOW);
  applyAgent(live, agent({ source: 'other' }), NOW);
  expect(liveAgentsOf(live, 'default', NOW).map(({ record }) => [record.source, record.state])).toEqual([
    ['pbx', 'on_contact'],
    ['other', 'available'],
  ]);
  expect(liveAgentsOf(live, 'another', NOW)).toEqual([]);
});

test('a source’s word goes as far as its newest record, of whatever', () => {
  const live = createLiveAgents();
  applyAgent(live, agent({ as_of: NOW - 10_000 }), NOW);
  hearSource(live.sources, agent({ as_of: NOW }), NOW);
  hearSource(live.sources, agent({ as_of: NOW - 5_000 }), NOW);
  expect(liveAgentsOf(live, 'default', NOW)).toMatchObject([{ asOfMs: NOW, stale: false }]);
  expect([knownUpTo(live, 'default', 'pbx'), knownUpTo(live, 'default', 'other')]).toEqual([NOW, null]);
});

test.each([
  ['not heard of', NOW, NOW + SOURCE_SILENCE_MS + 1],
  ['heard of, but of the past', NOW - SOURCE_SILENCE_MS - 1, NOW],
])('agents of a source that was %s are stale', (_, as_of, nowMs) => {
  const live = createLiveAgents();
  applyAgent(live, agent({ as_of }), NOW);
  expect(liveAgentsOf(live, 'default', nowMs)).toMatchObject([{ stale: true }]);
});

test('a record is read back as it was written, and what is none is passed over', () => {
  const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  expect(readLiveRecord(bytes(agent()))).toEqual(agent());
  expect(readLiveRecord(bytes({ ...agent(), queues: undefined }))).toBeNull();
});
