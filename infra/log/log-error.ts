/** What can be wrong with a log, told apart by code: callers decide by the code, people read the message. */
export const LOG_ERROR_CODES = [
  /** No room for the records; nothing of them was written. */
  'LOG_FULL',
  /** What is stored contradicts itself. */
  'LOG_CORRUPT',
  /** The file is something else than a Busyhour log. */
  'LOG_FOREIGN',
  /** Written by a later version of Busyhour. */
  'LOG_TOO_NEW',
  /** Another process held the log longer than we wait. */
  'LOG_BUSY',
  /** It cannot be opened, read or written. */
  'LOG_UNREACHABLE',
  'LOG_CLOSED',
  /** The log does not let us in, or not do this: credentials or rights are missing. */
  'LOG_DENIED',
  /** More in one append than the log takes as one; nothing of it was written. */
  'BATCH_TOO_LARGE',
  /** A position after the log's end, or a log that went backwards: it is not the one it was. */
  'LOG_REWOUND',
  'UNKNOWN_TOPIC',
  /** The topic exists with another partition count or kind. */
  'TOPIC_MISMATCH',
  /** The group already has a member where only one can be. */
  'GROUP_TAKEN',
] as const;
export type LogErrorCode = (typeof LOG_ERROR_CODES)[number];

export class LogError extends Error {
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LogError';
    this.code = code;
  }
}
