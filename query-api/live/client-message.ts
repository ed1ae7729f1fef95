/** Reads what a wallboard sends. Pure. */
import { Compile } from 'typebox/compile';
import { type ClientMessage, ClientMessageSchema } from '../../schemas/live.ts';

const clientMessage = Compile(ClientMessageSchema);

/** The message, or null when it is none. */
export const readClientMessage = (text: string): ClientMessage | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return clientMessage.Check(value) ? value : null;
};
