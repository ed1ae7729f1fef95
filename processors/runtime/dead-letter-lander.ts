/** Lands the dead letters of the log in their table, so that what was rejected can be looked at with SQL. */
import type { Consumer, EventLog, StoredRecord } from '../../infra/log/event-log.ts';
import { readErasures } from '../../infra/subjects/erasure-log.ts';
import { noErasures } from '../../schemas/erasures.ts';
import type { DeadLetterRow } from '../../schemas/rows.ts';
import { DEAD_LETTERS } from '../../schemas/topics.ts';
import { type LandingOptions, landRows } from './landing.ts';

export const DEAD_LETTERS_GROUP = 'busyhour-dead-letters';
const FETCH = { maxRecords: 5_000, maxBytes: 8 * 1024 * 1024 } as const;

export interface DeadLetterLanderOptions {
  readonly log: EventLog;
  readonly landing: LandingOptions;
  /** Whether the log has erasures (topic `acd.erasures`). Left out: it has none. */
  readonly heedsErasures?: boolean;
  /** Lands every letter again, as a store that was emptied needs it. Left out: goes on at the committed offset. */
  readonly fromBeginning?: boolean;
  readonly onLanded: (rows: readonly DeadLetterRow[]) => void;
  readonly onFatal: (error: Error) => void;
}

/** Rows are keyed by the rejected input's identity, so landing one again changes nothing. */
export const startDeadLetterLander = ({
  log,
  landing,
  heedsErasures = false,
  fromBeginning = false,
  onLanded,
  onFatal,
}: DeadLetterLanderOptions): Promise<Consumer> => {
  const erased = noErasures();
  let erasuresOffset = 0;
  // Before each batch: an erasure waits until the letters before it have landed, and finds the later ones without text.
  const takeErasures = async (): Promise<void> => {
    if (!heedsErasures) return;
    const { erasures, nextOffset } = await readErasures(log, 0, erasuresOffset);
    for (const erasure of erasures) erased.add(erasure);
    erasuresOffset = nextOffset;
  };
  return log.consume(
    { topic: DEAD_LETTERS.name, group: DEAD_LETTERS_GROUP, ...FETCH },
    {
      onAssigned: async (partition) =>
        fromBeginning ? 0 : ((await log.committed(DEAD_LETTERS_GROUP, DEAD_LETTERS.name, partition)) ?? 0),
      onBatch: async (partition, records) => {
        await takeErasures();
        const rows = records.map((record) => erased.letter(readLetter(record)));
        await landRows({ dead_letters_rows: rows }, landing);
        onLanded(rows);
        const last = records.at(-1);
        if (last !== undefined) {
          await log.commit(DEAD_LETTERS_GROUP, DEAD_LETTERS.name, partition, last.offset + 1);
        }
      },
      onRevoked: async () => {},
      onFailed: (_partition, error) => onFatal(error),
    },
  );
};

/** Only Busyhour writes this topic; a record that is no letter is landed as the text it is rather than lost. */
export const readLetter = (record: StoredRecord): DeadLetterRow => {
  const text = Buffer.from(record.value).toString('utf8');
  try {
    return JSON.parse(text) as DeadLetterRow;
  } catch {
    return {
      tenant: '',
      source: '',
      feed: 'log',
      seq: `log:dead-letters:${record.offset}`,
      received_at: 0,
      reason: 'not a dead letter',
      place: `${DEAD_LETTERS.name}@${record.offset}`,
      line: text,
    };
  }
};
