/**
 * Takes erased callers out of what the fold remembers. The fold copies a caller and decides nothing by it, so a state
 * they are taken out of is the state that never heard of them: when an erasure becomes known changes no row in the end.
 */
import type { Erased } from '../../schemas/erasures.ts';
import type { Leg } from './contact-leg.ts';
import type { PartitionState } from './source-state.ts';

const withoutErased = (leg: Leg, tenant: string, erased: Erased): Leg => {
  const known = erased.has(tenant, leg.caller) ? { ...leg, caller: '' } : leg;
  if (known.status !== 'ended') return known;
  const transferredTo = erased.text(tenant, known.transferredTo);
  return transferredTo === known.transferredTo ? known : { ...known, transferredTo };
};

/** In place: legs that will land once more, and events that are held back until their time. */
export const forgetCallers = (partition: PartitionState, erased: Erased): void => {
  for (const { tenant, contacts, held } of partition.values()) {
    for (const contact of contacts.values()) {
      contact.legs = contact.legs.map((leg) => withoutErased(leg, tenant, erased));
    }
    for (const [i, event] of held.entries()) held[i] = erased.event(event);
  }
};
