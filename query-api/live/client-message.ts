/** Reads what a wallboard sends. Pure. */
import type { ClientMessage } from '../../schemas/live.ts';

/** A queue name longer than this is a mistake or an attack. */
const MAX_NAME_LENGTH = 500;
/** Names in one message; a `"*"` needs none. */
export const MAX_NAMES = 1000;

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= MAX_NAMES &&
  value.every((name) => typeof name === 'string' && name.length <= MAX_NAME_LENGTH);

/** The message, or null when it is none. */
export const readClientMessage = (text: string): ClientMessage | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || !('queues' in value)) return null;
  const { type, queues } = value;
  if (type !== 'subscribe' && type !== 'unsubscribe') return null;
  return queues === '*' || isNames(queues) ? { type, queues } : null;
};
