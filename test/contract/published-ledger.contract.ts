/** What every PublishedLedger must do. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PublishedLedger } from '../../infra/ledger/published-ledger.ts';

export interface OpenedLedger {
  readonly ledger: PublishedLedger;
  /** Closes the ledger and opens it again on the same data. */
  reopen(): Promise<PublishedLedger>;
  close(): Promise<void>;
}

const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `id-${index}`);

export const publishedLedgerContract = (name: string, open: () => Promise<OpenedLedger>): void => {
  let opened: OpenedLedger;
  let ledger: PublishedLedger;

  describe(`published ledger contract: ${name}`, () => {
    beforeAll(async () => {
      opened = await open();
      ledger = opened.ledger;
    });
    afterAll(() => opened.close());

    test('an id is known once it was remembered, and the answers come in the order asked', async () => {
      const source = randomUUID();
      expect(await ledger.known(source, ['a', 'b'])).toEqual([false, false]);
      await ledger.remember(source, ['b', 'd']);
      expect(await ledger.known(source, ['a', 'b', 'c', 'd', 'b'])).toEqual([false, true, false, true, true]);
    });

    test('asking remembers nothing', async () => {
      const source = randomUUID();
      await ledger.known(source, ['a']);
      expect(await ledger.known(source, ['a'])).toEqual([false]);
    });

    test('remembering again, or twice at once, changes nothing', async () => {
      const source = randomUUID();
      await ledger.remember(source, ['a', 'a']);
      await ledger.remember(source, ['a', 'b']);
      await ledger.remember(source, []);
      expect(await ledger.known(source, ['a', 'b', 'c'])).toEqual([true, true, false]);
      expect(await ledger.known(source, [])).toEqual([]);
    });

    test('every source has ids of its own', async () => {
      const [one, other] = [randomUUID(), randomUUID()];
      await ledger.remember(one, ['a']);
      await ledger.remember(`${one}a`, ['b']);
      expect(await ledger.known(other, ['a'])).toEqual([false]);
      expect(await ledger.known(one, ['a', 'b', 'ab'])).toEqual([true, false, false]);
    });

    test('more ids than fit one transaction', async () => {
      const source = randomUUID();
      const ids = numbered(25_001);
      await ledger.remember(
        source,
        ids.filter((_, index) => index % 2 === 0),
      );
      expect(await ledger.known(source, ids)).toEqual(ids.map((_, index) => index % 2 === 0));
    });

    test('any text is an id, and any JSON a place', async () => {
      const check = fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 2 }),
        fc.jsonValue(),
        async ([missing = '', ...ids], place) => {
          const source = randomUUID();
          await ledger.remember(source, ids);
          expect(await ledger.known(source, [missing, ...ids])).toEqual([false, ...ids.map(() => true)]);
          await ledger.saveCursor(source, place);
          expect(await ledger.cursor(source)).toEqual(JSON.parse(JSON.stringify(place)));
        },
      );
      await fc.assert(check, { numRuns: 50 });
    });

    test('a cursor is null at first and then where it was saved last', async () => {
      const [one, other] = [randomUUID(), randomUUID()];
      expect(await ledger.cursor(one)).toBeNull();
      await ledger.saveCursor(one, { file: 'queue_log', position: 10 });
      await ledger.saveCursor(one, { file: 'queue_log', position: 20 });
      expect(await ledger.cursor(one)).toEqual({ file: 'queue_log', position: 20 });
      expect(await ledger.cursor(other)).toBeNull();
    });

    test('all of it is there after the ledger was opened again', async () => {
      const source = randomUUID();
      await ledger.remember(source, ['a']);
      await ledger.saveCursor(source, 7);
      ledger = await opened.reopen();
      expect(await ledger.known(source, ['a', 'b'])).toEqual([true, false]);
      expect(await ledger.cursor(source)).toBe(7);
    });
  });
};
