import { logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { type KafkaConnection, kafkaConfigOf } from '../../../../infra/log/kafka-connection.ts';

const plain: KafkaConnection = { brokers: ['a:9092', 'b:9092'], clientId: 'busyhour' };

describe('how a cluster is reached', () => {
  test('without TLS and SASL neither is switched on', () => {
    const config = kafkaConfigOf({ ...plain, tls: null, sasl: null });
    expect(config).toMatchObject({ brokers: ['a:9092', 'b:9092'], clientId: 'busyhour' });
    expect(config).not.toHaveProperty('ssl');
    expect(config).not.toHaveProperty('sasl');
  });

  test.each([
    [{}, {}],
    [{ ca: 'CA' }, { ca: 'CA' }],
    [
      { ca: 'CA', cert: 'C', key: 'K', passphrase: 'P', serverName: 'kafka' },
      { ca: 'CA', cert: 'C', key: 'K', passphrase: 'P', servername: 'kafka' },
    ],
  ])('TLS %j', (tls, ssl) => {
    expect(kafkaConfigOf({ ...plain, tls }).ssl).toEqual(ssl);
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('SASL %s', (mechanism) => {
    const sasl = { mechanism, username: 'u', password: 'p' };
    expect(kafkaConfigOf({ ...plain, sasl }).sasl).toEqual(sasl);
  });

  test('SASL oauthbearer asks for a token each time', async () => {
    const tokens = ['first', 'second'];
    const token = async (): Promise<string> => tokens.shift() ?? '';
    const { sasl } = kafkaConfigOf({ ...plain, sasl: { mechanism: 'oauthbearer', token } });
    if (sasl === undefined || !('oauthBearerProvider' in sasl)) throw new Error('no token provider');
    expect(await sasl.oauthBearerProvider()).toEqual({ value: 'first' });
    expect(await sasl.oauthBearerProvider()).toEqual({ value: 'second' });
  });

  test('what kafkajs calls errors is handed on, with its fields', () => {
    const seen: unknown[] = [];
    const { logCreator } = kafkaConfigOf({
      ...plain,
      onTrouble: (message, fields) => seen.push([message, fields]),
    });
    logCreator?.(logLevel.ERROR)({
      namespace: 'Connection',
      level: logLevel.ERROR,
      label: 'ERROR',
      log: { timestamp: '', message: 'broke', broker: 'a:9092' },
    });
    expect(seen).toEqual([['broke', { part: 'Connection', broker: 'a:9092' }]]);
  });
});
