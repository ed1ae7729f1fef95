/** Records to append, and how to wait for them: what the parts of the log's contract share. */
import { expect, vi } from 'vitest';
import type { EventLog, LogRecord, StoredRecord } from '../../infra/log/event-log.ts';

export const PLENTY = { maxRecords: 10_000, maxBytes: 100_000_000 };
const PATIENCE = { timeout: 15_000, interval: 10 };

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
export const record = (key: string, text: string): LogRecord => ({ key, value: bytesOf(text) });
export const numbered = (from: number, count: number): readonly LogRecord[] =>
  Array.from({ length: count }, (_, index) => record('k', `${from + index}`));
export const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString('utf8');
export const until = (condition: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(condition, PATIENCE);

/** Reads on from `from` until `count` records have been seen, and then makes sure that no more are there. */
export const readCount = async (
  log: EventLog,
  topic: string,
  partition: number,
  count: number,
  from = 0,
): Promise<readonly StoredRecord[]> => {
  const seen: StoredRecord[] = [];
  await until(async () => {
    const next = (seen.at(-1)?.offset ?? from - 1) + 1;
    seen.push(...(await log.read(topic, partition, next, PLENTY)));
    expect(seen.length).toBeGreaterThanOrEqual(count);
  });
  expect(seen).toHaveLength(count);
  return seen;
};
