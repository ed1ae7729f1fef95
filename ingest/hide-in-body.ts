/**
 * Free text of an event may name a telephone number: whom a contact was transferred to, what an exchange notes down.
 * Before the event is written, it becomes its pseudonym there too.
 */
import type { EventBody } from '../schemas/events.ts';
import type { Pseudonymise } from './pseudonymise.ts';

/**
 * Digits on their own, or any number in international form. Not those of a channel (`PJSIP/100-0000001a`), a call's id
 * (`1700000000.42`) or a UUID, which are part of a longer word.
 */
const NUMBER_IN_TEXT = /(?<![\w.+-])(?:\+\d(?:[\s().\-/]{0,2}\d){6,14}|\d{7,15})(?![\w.-])/g;
/** Annotations of the number that was dialled, which is the centre's own. */
const DIALLED: ReadonlySet<string> = new Set(['DID']);

const hideIn = (text: string, pseudonymise: Pseudonymise): string =>
  text.replace(NUMBER_IN_TEXT, pseudonymise);

/** The body without telephone numbers in its free text: itself where there are none. */
export const hideInBody = (body: EventBody, pseudonymise: Pseudonymise): EventBody => {
  switch (body.type) {
    case 'contact_transferred':
      return { ...body, to: hideIn(body.to, pseudonymise) };
    case 'annotated':
      return DIALLED.has(body.kind) ? body : { ...body, text: hideIn(body.text, pseudonymise) };
    default:
      return body;
  }
};
