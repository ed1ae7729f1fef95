/** Erasures in the log: the same in every partition of their topic, so that whoever has a partition's events has them too. */
import type { Erasure } from '../../schemas/erasures.ts';
import { ERASURES, EVENTS } from '../../schemas/topics.ts';
import type { EventLog } from '../log/event-log.ts';

const FETCH = { maxRecords: 1_000, maxBytes: 8 * 1024 * 1024 } as const;

export interface ReadErasures {
  readonly erasures: readonly Erasure[];
  /** Where to read on. */
  readonly nextOffset: number;
}

/** What one partition has from an offset on. Costs a look at its end while there is nothing new. Throws LogError. */
export const readErasures = async (
  log: EventLog,
  partition: number,
  fromOffset: number,
): Promise<ReadErasures> => {
  const end = await log.endOffset(ERASURES.name, partition);
  const erasures: Erasure[] = [];
  let nextOffset = fromOffset;
  while (nextOffset < end) {
    const records = await log.read(ERASURES.name, partition, nextOffset, FETCH);
    const last = records.at(-1);
    if (last === undefined) break;
    for (const { value } of records)
      erasures.push(JSON.parse(Buffer.from(value).toString('utf8')) as Erasure);
    nextOffset = last.offset + 1;
  }
  return { erasures, nextOffset };
};

const namesIn = ({ callers, letters, texts }: Erasure): readonly string[] =>
  [...callers, ...letters, ...texts].map((name) => JSON.stringify(name));

const isIn = (erasure: Erasure, known: readonly Erasure[]): boolean => {
  const same = known.filter(({ tenant, by }) => tenant === erasure.tenant && by === erasure.by);
  const names = new Set(same.flatMap(namesIn));
  return namesIn(erasure).every((name) => names.has(name));
};

/** Appends the erasure to each partition that does not have it: killed on the way, it is simply called again. Throws LogError. */
export const appendErasure = async (log: EventLog, erasure: Erasure): Promise<void> => {
  const record = { key: erasure.tenant, value: Buffer.from(JSON.stringify(erasure)) };
  for (let partition = 0; partition < EVENTS.partitions; partition++) {
    const { erasures } = await readErasures(log, partition, 0);
    if (!isIn(erasure, erasures)) await log.append(ERASURES.name, partition, [record]);
  }
};
