import { describe, test } from 'vitest';
import type { EventLog } from '../../infra/log/event-log.ts';
import { openKafkaLog } from '../../infra/log/kafka-log.ts';
import { findTestBroker, startTestBroker } from '../support/kafka.ts';
import { eventLogContract } from './event-log.contract.ts';

const source = await findTestBroker('the log contract on Kafka');

const READERS = [
  { name: 'kafka', ownThread: false },
  { name: 'kafka, read in a thread of its own', ownThread: true },
];

if (source.kind === 'none') {
  describe('event log contract: kafka', () => {
    test.skip(`not run: ${source.reason}`, () => {});
  });
} else {
  for (const { name, ownThread } of READERS) {
    eventLogContract(name, async () => {
      const broker = await startTestBroker(source);
      const open = async (): Promise<EventLog> => {
        const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'contract' });
        return { ...log, consume: (options, handlers) => log.consume({ ...options, ownThread }, handlers) };
      };
      let log = await open();
      return {
        log,
        reopen: async () => {
          await log.close();
          log = await open();
          return log;
        },
        close: async () => {
          await log.close();
          await broker.stop();
        },
      };
    });
  }
}
