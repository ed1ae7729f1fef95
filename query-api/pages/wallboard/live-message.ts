/** Reads what the live socket sends. Types of message that this page does not know yet are left out. Pure. */
import type { ServerMessage } from '../../../schemas/live.ts';
import type { AlertChange } from './alerts.ts';

export type LiveMessage =
  | ServerMessage
  | { readonly type: 'alerts'; readonly at: string; readonly alerts: readonly AlertChange[] };

const KNOWN = [
  'snapshot',
  'update',
  'heartbeat',
  'error',
  'alerts',
] as const satisfies readonly LiveMessage['type'][];

const isKnown = (value: unknown): value is LiveMessage =>
  typeof value === 'object' && value !== null && 'type' in value && KNOWN.some((type) => type === value.type);

/** The message; null for a type that is not known here. Throws on text that is no JSON: the server never sends any. */
export const readLiveMessage = (text: string): LiveMessage | null => {
  const value: unknown = JSON.parse(text);
  return isKnown(value) ? value : null;
};
