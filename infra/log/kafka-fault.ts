/** Says by kafkajs' error types, never by their texts, what is wrong with a Kafka log. */
import { LogError, type LogErrorCode } from './log-error.ts';

const CODES: Readonly<Record<string, LogErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'UNKNOWN_TOPIC',
  INVALID_TOPIC_EXCEPTION: 'UNKNOWN_TOPIC',
  MESSAGE_TOO_LARGE: 'BATCH_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'BATCH_TOO_LARGE',
  TOPIC_AUTHORIZATION_FAILED: 'LOG_DENIED',
  GROUP_AUTHORIZATION_FAILED: 'LOG_DENIED',
  CLUSTER_AUTHORIZATION_FAILED: 'LOG_DENIED',
  SASL_AUTHENTICATION_FAILED: 'LOG_DENIED',
  UNSUPPORTED_SASL_MECHANISM: 'LOG_DENIED',
  ILLEGAL_SASL_STATE: 'LOG_DENIED',
  KafkaJSSASLAuthenticationError: 'LOG_DENIED',
};

/** What a group answers to a member that it no longer knows or that is just about to join again. */
const MEMBERSHIP_TYPES = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

interface KafkaJsError {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly retriable?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly cause?: unknown;
}

/** The error at the bottom: kafkajs wraps what it gave up retrying. */
const rootOf = (error: unknown): KafkaJsError => {
  let root = error as KafkaJsError;
  while (root.cause instanceof Error) root = root.cause;
  return root;
};

export const kafkaErrorType = (error: unknown): string => {
  const { type, name } = rootOf(error);
  return type ?? name;
};

/**
 * kafkajs calls it final when no broker names a group's coordinator, which is what every broker's restart looks like for
 * some seconds.
 */
export const isCoordinatorAway = (error: unknown): boolean =>
  rootOf(error).name === 'KafkaJSGroupCoordinatorNotFound';

export const isRetriable = (error: unknown): boolean =>
  rootOf(error).retriable === true || isCoordinatorAway(error);

export const isMembershipFault = (error: unknown): boolean => MEMBERSHIP_TYPES.has(kafkaErrorType(error));

/** The broker whose connection broke, where that is what happened. */
export const brokenConnection = (error: unknown): { host: string; port: number } | null => {
  const { name, host, port } = rootOf(error);
  if (name !== 'KafkaJSConnectionClosedError' || host === undefined || port === undefined) return null;
  return { host, port };
};

/** `what` was tried, and where: "append to acd.live/0". */
export const toLogError = (what: string, error: unknown): LogError => {
  if (error instanceof LogError) return error;
  const code = CODES[kafkaErrorType(error)] ?? 'LOG_UNREACHABLE';
  return new LogError(code, `log: cannot ${what}: ${rootOf(error).message}`, error);
};
