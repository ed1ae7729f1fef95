/** Subjects' keys and erasures on Kafka, whose topics must forget what was replaced. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { TOPICS } from '../../../infra/open-log.ts';
import { appendErasure, readErasures } from '../../../infra/subjects/erasure-log.ts';
import { openSubjectKeys } from '../../../infra/subjects/subject-keys.ts';
import { createSubjectFinder } from '../../../ingest/pseudonymise.ts';
import type { Erasure } from '../../../schemas/erasures.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';

const source = await findTestBroker('keys of subjects');

describe.skipIf(source.kind === 'none')('on Kafka', { timeout: 60_000 }, () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startTestBroker(source);
  });
  afterAll(() => broker?.stop());

  const open = async () => {
    const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'subject-keys-test' });
    await log.ensureTopics(TOPICS);
    const keys = await openSubjectKeys(log, 'secret');
    onTestFinished(async () => {
      keys.close();
      await log.close();
    });
    return { log, keys, find: createSubjectFinder('secret', 'acme', keys) };
  };

  test('connectors that begin at once make the same pseudonyms, and follow a key that one of them replaces', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    // What either wrote at the same time is in by now.
    await Promise.all([a.keys.refresh(), b.keys.refresh()]);
    const [ann, bob] = ['+4930111222', '+4930999888'].map(a.find);
    expect([b.find('+4930111222'), b.find('+4930999888')]).toEqual([ann, bob]);
    expect(await a.log.topicFaults(TOPICS)).toEqual([]);

    await a.keys.replace(ann?.path ?? '');
    await b.keys.refresh();
    expect(b.find('+4930111222')?.caller).not.toBe(ann?.caller);
    expect(b.find('+4930999888')).toEqual(bob);
    expect((await open()).find('+4930111222')).toEqual(b.find('+4930111222'));

    const callers = [ann?.caller ?? ''];
    const erasure: Erasure = {
      ...{ tenant: 'acme', callers, letters: [], texts: [], by: 'number', erased_at: 1 },
    };
    await appendErasure(a.log, erasure);
    await appendErasure(b.log, erasure);
    expect((await readErasures(b.log, 7, 0)).erasures).toEqual([erasure]);
  });
});
