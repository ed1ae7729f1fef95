/** Puts what sources report into the log while the world runs: in pieces, some of them twice, with records between that are no events. */

import type { LogRecord } from '../../infra/log/event-log.ts';
import type { Random } from '../../ingest/feeds/simulator/random.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import { EVENTS, sourceKey } from '../../schemas/topics.ts';
import type { SourceInput } from './inputs.ts';
import type { SimulatedLog } from './simulated-log.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Feeding {
  readonly random: Random;
  readonly time: VirtualTime;
  readonly log: SimulatedLog;
  readonly codec: EventCodec;
  /** All is appended within this time. */
  readonly withinMs: number;
}

const UNKNOWN_SCHEMA = Buffer.from([0, 0, 0, 9, 9, 1, 2, 3]);

const pieces = (random: Random, events: readonly CanonicalEvent[]): CanonicalEvent[][] => {
  const largest = random.pick([3, 10, 40, 200]);
  const cut: CanonicalEvent[][] = [];
  for (let from = 0; from < events.length; ) {
    const to = from + random.integer(1, largest);
    cut.push(events.slice(from, to));
    from = to;
  }
  return cut;
};

/** Plans the appends of one source to its partition. */
export const feed = (
  { random, time, log, codec, withinMs }: Feeding,
  { source, arriving }: SourceInput,
  partition: number,
): void => {
  const key = sourceKey('default', source);
  const isPoisoned = random.chance(0.3);
  const poison = (): LogRecord => ({
    key,
    value: random.pick([Buffer.from('hello'), UNKNOWN_SCHEMA, Buffer.alloc(0)]),
  });
  const batches = pieces(random, arriving).map((events): LogRecord[] => {
    const records = events.map((event) => ({ key, value: codec.encode(event) }));
    return isPoisoned && random.chance(0.2) ? [...records, poison()] : records;
  });
  // A publisher that died before it noted what it had published sends its last batch again.
  const sent = batches.flatMap((batch) => (random.chance(0.1) ? [batch, batch] : [batch]));
  const times = sent.map(() => random.integer(0, withinMs)).sort((a, b) => a - b);
  const sendFrom = (i: number): void => {
    const batch = sent[i];
    if (batch === undefined) return;
    time.after(null, (times[i] ?? 0) - (times[i - 1] ?? 0), () => {
      log.append(EVENTS.name, partition, batch);
      sendFrom(i + 1);
    });
  };
  sendFrom(0);
};
