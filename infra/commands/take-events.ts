/** What `POST /v1/events` publishes through: the feed `events`, a request at a time. */
import { publishLines } from '../../ingest/feeds/events/publish-lines.ts';
import type { PublishEvents } from '../../query-api/routes/events.ts';
import type { Foundation } from '../foundation.ts';
import { LogError } from '../log/log-error.ts';
import { nowMs } from './about.ts';
import { pseudonymiserOf, publisherOf } from './running.ts';

/** Requests that wait for the one being published; what comes on top is asked to come again. */
const MAX_WAITING_REQUESTS = 16;

/** null where there is no key to make pseudonyms with: numbers must not get into the log. */
export const takeEvents = (foundation: Foundation): PublishEvents | null => {
  if (foundation.secrets().pseudonymKey === '') return null;
  let waiting = 0;
  // One after the other: two requests with the same event would both find it new.
  let turn: Promise<unknown> = Promise.resolve();

  const publish: PublishEvents = async (tenant, lines) => {
    try {
      const published = await publishLines(lines, {
        tenant,
        publisherOf: (source) => publisherOf(foundation, 'events', tenant, source),
        pseudonymise: pseudonymiserOf(foundation, tenant),
        nowMs,
      });
      return { status: 'taken', ...published };
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      return { status: 'unavailable', reason: `the log takes nothing (${error.code})` };
    }
  };
  return async (tenant, lines) => {
    if (waiting >= MAX_WAITING_REQUESTS) return { status: 'unavailable', reason: 'too many requests wait' };
    waiting += 1;
    const mine = turn.then(() => publish(tenant, lines));
    turn = mine.catch(() => undefined);
    return mine.finally(() => {
      waiting -= 1;
    });
  };
};
