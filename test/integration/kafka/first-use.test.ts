import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';
import { newTopic, numbersFrom } from './consuming.ts';

const source = await findTestBroker('first use of several topics at once');

const OPENED = 5;
const TOPICS = 8;
const ASKING = 4;

describe.skipIf(source.kind === 'none')('a log that has just been opened', { timeout: 60_000 }, () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await startTestBroker(source);
  });
  afterAll(() => broker?.stop());

  const open = () => openKafkaLog({ brokers: [broker.bootstrap], clientId: 'first-use-test' });

  test('finds the ends of a topic while others are asked about for the first time', async () => {
    const setup = await open();
    const known = await newTopic(setup, 1);
    await setup.append(known, 0, numbersFrom(0, 7));
    const others = await Promise.all(Array.from({ length: TOPICS }, () => newTopic(setup, 1)));
    await setup.close();
    for (let opened = 0; opened < OPENED; opened += 1) {
      const log = await open();
      let over = false;
      const ask = async (): Promise<void> => {
        while (!over) expect(await log.endOffset(known, 0)).toBe(7);
      };
      const asking = Promise.all(Array.from({ length: ASKING }, ask));
      for (const topic of others) expect(await log.endOffset(topic, 0)).toBe(0);
      over = true;
      await asking;
      await log.close();
    }
  });
});
