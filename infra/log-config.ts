/** The settings of the log: embedded, or Kafka with how to get in. */
export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';

export interface SaslConfig {
  readonly mechanism: SaslMechanism;
  /** For `oauthbearer`: the client's id and secret at the token's issuer. */
  readonly username: string;
  readonly password: string;
  readonly tokenUrl: string;
}
export type LogConfig =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'kafka';
      readonly brokers: readonly string[];
      /** null: plain text. `ca` is PEM, '' = the system's authorities. */
      readonly tls: { readonly ca: string } | null;
      readonly sasl: SaslConfig | null;
      /** A member of a consumer group silent for so long is taken for dead. */
      readonly sessionMs: number;
    };

/** What the settings say, read by name. */
export interface LogSettings {
  readonly log: string;
  readonly sasl: string;
  readonly username: string;
  readonly password: string;
  readonly tokenUrl: string;
  readonly tls: string;
  readonly tlsCa: string;
  readonly sessionMs: string;
}

const MECHANISMS: readonly SaslMechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'];
const BROKER = /^[A-Za-z0-9._-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/;
/** As far as brokers go by themselves: group.{min,max}.session.timeout.ms may be narrower. */
const SESSION_MS = { shortest: 1_000, longest: 1_800_000 } as const;
const SCHEME = 'kafka://';

export const readLogConfig = (settings: LogSettings, faults: string[]): LogConfig => {
  if (settings.log === 'embedded') return { kind: 'embedded' };
  const brokers = settings.log.startsWith(SCHEME) ? settings.log.slice(SCHEME.length).split(',') : [];
  if (brokers.length === 0 || !brokers.every((broker) => BROKER.test(broker))) {
    faults.push(`BUSYHOUR_LOG: "${settings.log}" must be "embedded" or kafka://host:port,host:port`);
  }
  if (settings.tls !== 'on' && settings.tls !== 'off') {
    faults.push(`BUSYHOUR_LOG_TLS: "${settings.tls}" must be one of off, on`);
  }
  return {
    kind: 'kafka',
    brokers,
    tls: settings.tls === 'on' ? { ca: settings.tlsCa } : null,
    sasl: readSasl(settings, faults),
    sessionMs: readSession(settings.sessionMs, faults),
  };
};

const readSession = (value: string, faults: string[]): number => {
  const sessionMs = Number(value);
  const { shortest, longest } = SESSION_MS;
  if (Number.isInteger(sessionMs) && sessionMs >= shortest && sessionMs <= longest) return sessionMs;
  faults.push(`BUSYHOUR_LOG_SESSION_MS: "${value}" must be ${shortest} to ${longest}`);
  return shortest;
};

const readSasl = (settings: LogSettings, faults: string[]): SaslConfig | null => {
  const { sasl, username, password, tokenUrl } = settings;
  if (sasl === 'none') return null;
  const mechanism = MECHANISMS.find((known) => known === sasl);
  if (mechanism === undefined) {
    faults.push(`BUSYHOUR_LOG_SASL: "${sasl}" must be one of none, ${MECHANISMS.join(', ')}`);
    return null;
  }
  if (username === '') faults.push(`BUSYHOUR_LOG_USERNAME is missing: ${mechanism} needs it`);
  if (password === '') faults.push(`BUSYHOUR_LOG_PASSWORD is missing: ${mechanism} needs it`);
  if (mechanism === 'oauthbearer' && !URL.canParse(tokenUrl)) {
    faults.push('BUSYHOUR_LOG_TOKEN_URL is missing: oauthbearer needs the address that issues tokens');
  }
  return { mechanism, username, password, tokenUrl };
};
