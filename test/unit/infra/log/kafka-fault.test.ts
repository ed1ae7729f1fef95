import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import {
  brokenConnection,
  isMembershipFault,
  isRetriable,
  toLogError,
} from '../../../../infra/log/kafka-fault.ts';
import { LogError } from '../../../../infra/log/log-error.ts';

const protocol = (type: string): Error =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }));
const givenUp = (cause: Error): Error =>
  new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 100 });
/** kafkajs throws a class of this name, whose types do not let it be made. */
const saslRefused = Object.assign(new Error('bad password'), { name: 'KafkaJSSASLAuthenticationError' });
/** kafkajs has a class for it that it does not export. */
const closed = Object.assign(new KafkaJSConnectionError('closed'), {
  name: 'KafkaJSConnectionClosedError',
  host: 'a',
  port: 9092,
});

/** Likewise. */
const noCoordinator = Object.assign(new Error('Failed to find group coordinator'), {
  name: 'KafkaJSGroupCoordinatorNotFound',
  retriable: false,
});

test('no coordinator while a broker restarts does not end a worker: it is asked for again', () => {
  expect(isRetriable(noCoordinator)).toBe(true);
  expect(isRetriable(givenUp(noCoordinator))).toBe(true);
});

describe('what a kafkajs error means', () => {
  test.each([
    ['a missing topic', protocol('UNKNOWN_TOPIC_OR_PARTITION'), 'UNKNOWN_TOPIC'],
    ['a batch too large', protocol('MESSAGE_TOO_LARGE'), 'BATCH_TOO_LARGE'],
    ['no right to a topic', protocol('TOPIC_AUTHORIZATION_FAILED'), 'LOG_DENIED'],
    ['wrong credentials', saslRefused, 'LOG_DENIED'],
    ['a missing topic, after retries', givenUp(protocol('UNKNOWN_TOPIC_OR_PARTITION')), 'UNKNOWN_TOPIC'],
    ['a broken connection', closed, 'LOG_UNREACHABLE'],
    ['anything else', new Error('boom'), 'LOG_UNREACHABLE'],
  ])('%s', (_, error, code) => {
    expect(toLogError('append to t/0', error)).toMatchObject({ code, cause: error });
  });

  test('the message says what was tried and what is at the bottom of it', () => {
    expect(toLogError('append to t/0', givenUp(closed)).message).toBe('log: cannot append to t/0: closed');
  });

  test('what is a LogError already stays as it is', () => {
    const error = new LogError('TOPIC_MISMATCH', 'other');
    expect(toLogError('append', error)).toBe(error);
  });

  test('a broken connection names its broker, also after retries', () => {
    expect(brokenConnection(givenUp(closed))).toEqual({ host: 'a', port: 9092 });
    expect(brokenConnection(protocol('MESSAGE_TOO_LARGE'))).toBeNull();
    expect(isRetriable(closed)).toBe(true);
  });

  test.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])('%s', (type) => {
    expect(isMembershipFault(protocol(type))).toBe(true);
    expect(isMembershipFault(protocol('NOT_COORDINATOR_FOR_GROUP'))).toBe(false);
  });
});
