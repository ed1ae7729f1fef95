/** When a source's contacts are looked at for something to forget. */
import type { Contact } from './contact.ts';
import { intervalStart } from './interval.ts';
import type { SourceState } from './source-state.ts';

/** How long a closed leg can still be corrected. */
export const CLOSED_LEGS_KEPT_MS = 2 * 3_600_000;

/** Plans the next look at a contact; an earlier plan is void. It may come up to a quarter hour early. */
export const lookAgainAt = (state: SourceState, contactId: string, contact: Contact, atMs: number): void => {
  contact.dueMs = intervalStart(atMs);
  const contactIds = state.due.get(contact.dueMs);
  if (contactIds === undefined) state.due.set(contact.dueMs, [contactId]);
  else contactIds.push(contactId);
};
