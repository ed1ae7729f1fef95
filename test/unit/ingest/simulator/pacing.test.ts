import { expect, test } from 'vitest';
import { beginDemo, demoCentre } from '../../../../ingest/feeds/simulator/demo-centre.ts';
import { HEARTBEAT_MS, MAX_BATCH, pacedEvents, TICK_MS } from '../../../../ingest/feeds/simulator/pacing.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';

const START_MS = Date.UTC(2026, 2, 9);
const HOUR_MS = 3_600_000;

const at = (event_time: number): CanonicalEvent => ({
  tenant: 'acme',
  source: 'sim',
  seq: String(event_time),
  event_time,
  recorded_at: event_time,
  body: { type: 'agent_logged_in', agent: 'ann' },
});

/** A clock that moves only when somebody waits. */
const clockAt = (startMs: number) => {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
};

const collect = async (batches: AsyncIterable<CanonicalEvent[]>): Promise<CanonicalEvent[][]> => {
  const all: CanonicalEvent[][] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};

const silent = new AbortController().signal;

test('the past comes at once, in batches of at most 2,000, without waiting', async () => {
  const events = Array.from({ length: 4_500 }, (_, i) => at(START_MS + i));
  const clock = clockAt(START_MS + HOUR_MS);
  const batches = await collect(
    pacedEvents(events, { speed: 1, startMs: START_MS, signal: silent, ...clock }),
  );
  expect(batches.map(({ length }) => length)).toEqual([MAX_BATCH, MAX_BATCH, 500]);
  expect(batches.flat()).toEqual(events);
  expect(clock.nowMs()).toBe(START_MS + HOUR_MS);
});

test.each([1, 10])('at speed %d an event comes within a tick of its time', async (speed) => {
  const events = [500, 700, 4_000, 9_000].map((ms) => at(START_MS + ms));
  const clock = clockAt(START_MS);
  for await (const batch of pacedEvents(events, { speed, startMs: START_MS, signal: silent, ...clock })) {
    const sourceNowMs = START_MS + (clock.nowMs() - START_MS) * speed;
    for (const event of batch) {
      expect(event.event_time).toBeLessThanOrEqual(sourceNowMs);
      expect(event.event_time).toBeGreaterThan(sourceNowMs - TICK_MS * speed);
    }
  }
});

test('a silent source says about every 10 s that it is alive, and never goes back in time', async () => {
  const events = [at(START_MS), at(START_MS + 35_000)];
  const batches = await collect(
    pacedEvents(events, { speed: 1, startMs: START_MS, signal: silent, ...clockAt(START_MS) }),
  );
  expect(batches.flat().map(({ event_time, body }) => [event_time - START_MS, body.type])).toEqual([
    [0, 'agent_logged_in'],
    [HEARTBEAT_MS, 'source_progressed'],
    [2 * HEARTBEAT_MS, 'source_progressed'],
    [3 * HEARTBEAT_MS, 'source_progressed'],
    [35_000, 'agent_logged_in'],
  ]);
  expect(new Set(batches.flat().map(({ seq }) => seq)).size).toBe(5);
});

test('the signal ends it between two ticks', async () => {
  const stop = new AbortController();
  const clock = clockAt(START_MS);
  const wait = async (ms: number): Promise<void> => {
    await clock.wait(ms);
    if (clock.nowMs() >= START_MS + 1_000) stop.abort();
  };
  const events = simulateCentre(demoCentre('default', { startMs: START_MS, timeZoneOffsetMs: 0 }));
  const batches = await collect(
    pacedEvents(events, { speed: 1, startMs: START_MS, signal: stop.signal, nowMs: clock.nowMs, wait }),
  );
  expect(batches.length).toBeGreaterThan(0);
  expect(clock.nowMs()).toBe(START_MS + 1_000);
});

test('the demo begins at midnight, is busy now, and tells the same again after a restart', async () => {
  const nowMs = Date.UTC(2026, 5, 10, 15);
  const midnightMs = Date.UTC(2026, 5, 9, 22);
  const start = beginDemo(nowMs, midnightMs);
  expect(start.startMs).toBe(midnightMs);
  expect(new Date(nowMs + start.timeZoneOffsetMs).getUTCHours()).toBe(10);
  const first = [...simulateCentre({ ...demoCentre('default', start), untilMs: nowMs })];
  const again = [...simulateCentre({ ...demoCentre('default', start), untilMs: nowMs + HOUR_MS })];
  expect(first.length).toBeGreaterThan(3_000);
  expect(again.slice(0, first.length)).toEqual(first);
  for (const { body } of first) {
    if (body.type === 'contact_offered') expect(body.queue).toMatch(/^demo-/);
  }
});
