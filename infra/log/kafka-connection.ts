/** How a Kafka cluster is reached: Busyhour's settings as kafkajs wants them. */
import { type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';

export interface KafkaTls {
  /** PEM texts; the system's authorities where no `ca` is given. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** The name the certificate must carry, where it is not the broker's host name. */
  readonly serverName?: string;
}
export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** `token` is asked for a valid bearer token at every connection and before one runs out. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface KafkaConnection {
  /** `host:port`, one or more. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: KafkaTls | null;
  readonly sasl?: KafkaSasl | null;
  /** What kafkajs calls an error, most of which it then deals with by itself. */
  readonly onTrouble?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const CONNECTION_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 30_000;
/** Sixteen tries, 0.1 to 5 s apart: about a minute, which a broker's restart or a change of leaders fits into. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 16 } as const;

export const kafkaConfigOf = ({ brokers, clientId, tls, sasl, onTrouble }: KafkaConnection): KafkaConfig => ({
  brokers: [...brokers],
  clientId,
  connectionTimeout: CONNECTION_LIMIT_MS,
  requestTimeout: REQUEST_LIMIT_MS,
  retry: { ...RETRY },
  logLevel: logLevel.ERROR,
  logCreator: () => (entry) => {
    const { message, timestamp: _, ...fields } = entry.log;
    onTrouble?.(message, { part: entry.namespace, ...fields });
  },
  ...(tls ? { ssl: tlsOf(tls) } : {}),
  ...(sasl ? { sasl: saslOf(sasl) } : {}),
});

const tlsOf = ({ serverName, ...files }: KafkaTls) => ({
  ...files,
  ...(serverName === undefined ? {} : { servername: serverName }),
});

const saslOf = (sasl: KafkaSasl): SASLOptions =>
  sasl.mechanism === 'oauthbearer'
    ? {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: await sasl.token() }),
      }
    : { ...sasl };
