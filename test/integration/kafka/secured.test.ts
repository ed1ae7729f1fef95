/** TLS and every SASL mechanism, against a real broker that demands them. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';
import { type KafkaBroker, startKafkaBroker } from '../../../infra/kafka/kafka-broker.ts';
import { missingForKafka } from '../../../infra/kafka/kafka-jars.ts';
import { openLog } from '../../../infra/open-log.ts';
import { DEAD_LETTERS } from '../../../schemas/topics.ts';
import { busyhour } from '../../support/cli.ts';

const WHAT = 'TLS and SASL against a real broker';
/** A container's broker has no such listener: this one is always Kafka's own jars. */
const missing = await missingForKafka();
if (missing !== null && process.env.CI) throw new Error(`${WHAT}: NOT RUN, ${missing}`);
process.stderr.write(
  missing === null ? `${WHAT}: Kafka from Maven Central\n` : `${WHAT}: NOT RUN, ${missing}\n`,
);

type Environment = Readonly<Record<string, string>>;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'];
const USER = { username: 'ops', password: 'correct-horse' } as const;
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Gives whoever knows the secret an unsigned token for an hour. */
const startIssuer = async (): Promise<{ server: Server; url: string }> => {
  const expected = `Basic ${Buffer.from(`${USER.username}:${USER.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = { sub: USER.username, iat: nowS, exp: nowS + 3600, scope: 'log' };
    const token = `${base64({ alg: 'none' })}.${base64(claims)}.`;
    response.statusCode = request.headers.authorization === expected ? 200 : 401;
    response.end(JSON.stringify({ access_token: token, expires_in: 3600 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` };
};

describe.skipIf(missing !== null)('a broker that demands TLS and a password', { timeout: 90_000 }, () => {
  let dir: string;
  let broker: KafkaBroker;
  let issuer: Awaited<ReturnType<typeof startIssuer>>;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'busyhour-secured-'));
    [broker, issuer] = await Promise.all([
      startKafkaBroker({ dir: join(dir, 'broker'), secured: USER }),
      startIssuer(),
    ]);
    writeFileSync(join(dir, 'ca.pem'), broker.secured?.ca ?? '');
  }, 90_000);
  afterAll(async () => {
    issuer?.server.close();
    await broker?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const settings = (sasl: string, more: Environment = {}): Environment => ({
    BUSYHOUR_DATA_DIR: join(dir, 'data'),
    BUSYHOUR_LOG: `kafka://${broker.secured?.bootstrap}`,
    BUSYHOUR_LOG_TLS: 'on',
    BUSYHOUR_LOG_TLS_CA_FILE: join(dir, 'ca.pem'),
    BUSYHOUR_LOG_SASL: sasl,
    BUSYHOUR_LOG_USERNAME: USER.username,
    BUSYHOUR_LOG_PASSWORD: USER.password,
    BUSYHOUR_LOG_TOKEN_URL: issuer.url,
    ...more,
  });
  const open = async (env: Environment) => {
    const loaded = loadConfig(env);
    if (loaded.status === 'invalid') throw new Error(loaded.faults.join('\n'));
    const closers: (() => unknown)[] = [];
    const opened = await openLog(loaded.config, closers);
    const close = async (): Promise<void> => {
      for (const closer of closers.reverse()) await closer();
    };
    return { ...opened, close };
  };

  test.each(MECHANISMS)(
    '%s: whoever has the password writes to the log, reads it, and joins a group as a worker does',
    async (sasl) => {
      const { log, topicFaults, close } = await open(settings(sasl));
      expect(await topicFaults()).toEqual([]);
      const offset = await log.append(DEAD_LETTERS.name, 0, [{ key: sasl, value: Buffer.from(sasl) }]);
      const [record] = await log.read(DEAD_LETTERS.name, 0, offset, { maxRecords: 1, maxBytes: 1_000 });
      expect(Buffer.from(record?.value ?? []).toString()).toBe(sasl);
      const { promise: consumed, resolve } = Promise.withResolvers<string>();
      const consumer = await log.consume(
        { topic: DEAD_LETTERS.name, group: `g-${sasl}`, ownThread: true, maxRecords: 1, maxBytes: 1_000 },
        {
          onAssigned: async () => offset,
          onBatch: async (_partition, [first]) => resolve(Buffer.from(first?.value ?? []).toString()),
          onRevoked: async () => {},
          onFailed: () => {},
        },
      );
      expect(await consumed).toBe(sasl);
      await consumer.close();
      await close();
    },
  );

  test.each(MECHANISMS)('%s: whoever has another one is refused', async (sasl) => {
    await expect(open(settings(sasl, { BUSYHOUR_LOG_PASSWORD: 'wrong-horse' }))).rejects.toMatchObject({
      code: 'LOG_DENIED',
    });
  });

  test('a wrong password is told in one line, which does not have it', async () => {
    const env = settings('plain', { BUSYHOUR_LOG_PASSWORD: 'wrong-horse' });
    const { code, stderr } = await busyhour(dir, ['doctor'], env);
    expect(code).toBe(1);
    const lines = stderr.split('\n').filter((line) => line.startsWith('busyhour'));
    expect(lines).toEqual([
      expect.stringMatching(/: log: cannot connect to \S+: SASL PLAIN authentication failed/),
    ]);
    expect(stderr).not.toContain('wrong-horse');
  });

  test('a certificate of an authority that is not named is not trusted', async () => {
    const { BUSYHOUR_LOG_TLS_CA_FILE: _, ...env } = settings('plain');
    await expect(open(env)).rejects.toThrow('self-signed certificate');
  });
});
