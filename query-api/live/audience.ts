/**
 * Subscribers who watch the same queues. A wall of boards is one audience: what changed of its queues is looked up
 * once a tick and put together once for all of them.
 */
import { CHANNELS } from '../../schemas/events.ts';
import { keysOfTenant, type LiveState, type QueueKey, queueKey, queueOfKey } from './live-state.ts';
import type { Subscriber } from './subscriber.ts';

export interface Audience {
  readonly tenant: string;
  /** Names of queues, all of them within the members' scope. */
  readonly watching: readonly string[] | '*';
  readonly members: Set<Subscriber>;
  /** The keys that the names stand for, as of `keysAt`. */
  keys: readonly QueueKey[];
  /** The state's `generation`. */
  keysAt: number;
}

/** By what they watch; changed in place. */
export type Audiences = Map<string, Audience>;

/** Who asked for everything gets what his token covers of it. */
const watchingOf = ({ everything, names, principal }: Subscriber): readonly string[] | '*' =>
  everything ? principal.queues : [...names].sort();

/** Takes a subscriber out of his audience. */
export const leaveAudience = (audiences: Audiences, subscriber: Subscriber): void => {
  const { audience } = subscriber;
  if (audience === null) return;
  audience.members.delete(subscriber);
  if (audience.members.size === 0) audiences.delete(nameOf(audience));
  subscriber.audience = null;
};

const nameOf = ({ tenant, watching }: Pick<Audience, 'tenant' | 'watching'>): string =>
  JSON.stringify([tenant, watching]);

/** Puts a subscriber among those who watch the same, after what he watches has changed. */
export const joinAudience = (audiences: Audiences, subscriber: Subscriber): void => {
  leaveAudience(audiences, subscriber);
  const { tenant } = subscriber.principal;
  const watching = watchingOf(subscriber);
  if (watching.length === 0) return;
  const name = nameOf({ tenant, watching });
  const audience = audiences.get(name) ?? { tenant, watching, members: new Set(), keys: [], keysAt: -1 };
  audiences.set(name, audience);
  audience.members.add(subscriber);
  subscriber.audience = audience;
};

const keysOf = (state: LiveState, { tenant, watching }: Audience): readonly QueueKey[] =>
  watching === '*'
    ? keysOfTenant(state, tenant)
    : watching
        .flatMap((queue) => CHANNELS.map((channel) => queueKey(tenant, queue, channel)))
        .filter((key) => queueOfKey(state, key) !== null);

/** The keys of the queues an audience watches that are known, by queue and channel. */
export const watchedKeys = (state: LiveState, audience: Audience): readonly QueueKey[] => {
  if (audience.keysAt !== state.generation) {
    audience.keys = keysOf(state, audience);
    audience.keysAt = state.generation;
  }
  return audience.keys;
};
