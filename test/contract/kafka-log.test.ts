import { describe, test } from 'vitest';
import { openKafkaLog } from '../../infra/log/kafka-log.ts';
import { findTestBroker, startTestBroker } from '../support/kafka.ts';
import { eventLogContract } from './event-log.contract.ts';

const source = await findTestBroker('the log contract on Kafka');

if (source.kind === 'none') {
  describe('event log contract: kafka', () => {
    test.skip(`not run: ${source.reason}`, () => {});
  });
} else {
  eventLogContract('kafka', async () => {
    const broker = await startTestBroker(source);
    const open = () => openKafkaLog({ brokers: [broker.bootstrap], clientId: 'contract' });
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
