/** Opens the log that the configuration names, with the registry of its schemas and the ledger of what was published. */
import { join } from 'node:path';
import { type EventCodec, openEventCodec } from '../schemas/codec.ts';
import type { SchemaRegistry } from '../schemas/schema-registry.ts';
import { ALERTS, DEAD_LETTERS, ERASURES, EVENTS, LIVE, SUBJECT_KEYS } from '../schemas/topics.ts';
import type { Config } from './config.ts';
import { openSqliteLedger, type SqliteLedger } from './ledger/sqlite-ledger.ts';
import type { EventLog } from './log/event-log.ts';
import type { KafkaSasl } from './log/kafka-connection.ts';
import { openKafkaLog } from './log/kafka-log.ts';
import { timingOf } from './log/kafka-member.ts';
import { openTokenSource } from './log/kafka-oauth-token.ts';
import { openSqliteLog } from './log/sqlite-log.ts';
import type { LogConfig, SaslConfig } from './log-config.ts';
import { openConfluentRegistry } from './schema-registry/confluent-registry.ts';
import { openEmbeddedRegistry } from './schema-registry/embedded-registry.ts';
import { openReleasedRegistry } from './schema-registry/released-registry.ts';

export const LOG_FILE = 'log.sqlite';
const LEDGER_FILE = 'ledger.sqlite';
export const TOPICS = [EVENTS, LIVE, DEAD_LETTERS, ALERTS, ERASURES, SUBJECT_KEYS] as const;

export interface OpenLog {
  readonly log: EventLog;
  readonly codec: EventCodec;
  /** What was published from this data directory; opened when a connector first asks for it. */
  readonly ledger: () => SqliteLedger;
  /** What is wrong with the log's topics, one line each. */
  readonly topicFaults: () => Promise<readonly string[]>;
}

/** Opens and makes what is missing. Throws LogError, IncompatibleSchemaError or RegistryError. */
export const openLog = async (config: Config, closers: (() => unknown)[]): Promise<OpenLog> =>
  config.log.kind === 'embedded' ? openEmbedded(config, closers) : openKafka(config, config.log, closers);

const openEmbedded = async (config: Config, closers: (() => unknown)[]): Promise<OpenLog> => {
  const file = join(config.dataDir, LOG_FILE);
  const log = openSqliteLog({ file });
  closers.push(() => log.close());
  await log.ensureTopics(TOPICS);
  const registry = config.schemaRegistryUrl === null ? openEmbeddedRegistry({ file }) : null;
  if (registry !== null) closers.push(() => registry.close());
  const codec = await openEventCodec(registry ?? registryOf(config));
  // One file: a ledger lost without its log would let old input count twice.
  return { log, codec, ledger: lazyLedger(file, closers), topicFaults: async () => [] };
};

const openKafka = async (
  config: Config,
  { brokers, tls, sasl, sessionMs }: Extract<LogConfig, { kind: 'kafka' }>,
  closers: (() => unknown)[],
): Promise<OpenLog> => {
  const log = await openKafkaLog({
    brokers,
    clientId: 'busyhour',
    tls: tls === null ? null : tls.ca === '' ? {} : { ca: tls.ca },
    sasl: sasl === null ? null : saslOf(sasl),
    timing: timingOf(sessionMs),
  });
  closers.push(() => log.close());
  await log.ensureTopics(TOPICS);
  return {
    log,
    codec: await openEventCodec(registryOf(config)),
    ledger: lazyLedger(join(config.dataDir, LEDGER_FILE), closers),
    topicFaults: () => log.topicFaults(TOPICS),
  };
};

const saslOf = ({ mechanism, username, password, tokenUrl }: SaslConfig): KafkaSasl =>
  mechanism === 'oauthbearer'
    ? { mechanism, token: openTokenSource({ tokenUrl, clientId: username, clientSecret: password }) }
    : { mechanism, username, password };

const registryOf = ({ schemaRegistryUrl }: Config): SchemaRegistry =>
  schemaRegistryUrl === null ? openReleasedRegistry() : openConfluentRegistry({ url: schemaRegistryUrl });

const lazyLedger = (file: string, closers: (() => unknown)[]): (() => SqliteLedger) => {
  let ledger: SqliteLedger | null = null;
  return () => {
    if (ledger !== null) return ledger;
    const opened = openSqliteLedger({ file });
    closers.push(() => opened.close());
    ledger = opened;
    return opened;
  };
};
