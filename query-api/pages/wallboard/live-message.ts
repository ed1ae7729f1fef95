/** Reads what the live socket sends. Types of message that this page does not know yet are left out. Pure. */
import type { ServerMessage } from '../../../schemas/live.ts';

const KNOWN: Readonly<Record<ServerMessage['type'], true>> = {
  snapshot: true,
  update: true,
  alerts: true,
  heartbeat: true,
  error: true,
};

const isKnown = (value: unknown): value is ServerMessage =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  Object.hasOwn(KNOWN, value.type);

/** The message; null for a type that is not known here. Throws on text that is no JSON: the server never sends any. */
export const readLiveMessage = (text: string): ServerMessage | null => {
  const value: unknown = JSON.parse(text);
  return isKnown(value) ? value : null;
};
