/** `busyhour ingest`: a connector that follows one feed. */

import { openFeed } from '../../ingest/feeds.ts';
import type { ImportFlags } from '../cli/command-line.ts';
import { runUntil, untilAsked, untilFault } from '../cli/lifetime.ts';
import { CommandFault, DONE, type Outcome } from '../cli/outcome.ts';
import type { Config, FeedConfig } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { nowMs } from './about.ts';
import { declareAlerts, pseudonymiserOf, publisherOf, withProcessing } from './running.ts';

export const follow = async (
  foundation: Foundation,
  config: Pick<Config, 'alerts' | 'serviceLevels'>,
  { feed, path, source, tenant, aliases }: FeedConfig,
  signal: AbortSignal,
): Promise<void> => {
  const opened = openFeed(feed, {
    tenant,
    source,
    nowMs,
    timeZone: null,
    mapFile: null,
    aliasesFile: aliases,
  });
  if (opened.status === 'usage') throw new CommandFault(opened.message);
  if (opened.feed.follow === null)
    throw new CommandFault(`${feed} cannot be followed: import its files instead`);
  const publisher = publisherOf(foundation, feed, tenant, source);
  await declareAlerts(foundation, config, { publisher, tenant, source });
  return opened.feed.follow({
    path,
    publisher,
    pseudonymise: pseudonymiserOf(foundation, tenant),
    ledger: foundation.ledger(),
    cursorName: `${feed}|${tenant}|${source}|${path}`,
    signal,
  });
};

/** An input that ends, such as a pipe, ends the command; what breaks is told by `runUntil`. */
const endOf = (followed: Promise<void>): Promise<Outcome> =>
  followed.then(
    () => DONE,
    () => new Promise<never>(() => {}),
  );

export const ingest = (config: Config, feed: string, path: string, flags: ImportFlags): Promise<Outcome> =>
  withProcessing(config, async (foundation, check) => {
    const asked = untilAsked();
    const followed = follow(foundation, config, { feed, path, aliases: null, ...flags }, asked);
    process.stdout.write(
      `following ${path} as source ${flags.source}; Ctrl-C stops, and the next start resumes here\n`,
    );
    const outcome = await Promise.race([
      runUntil(asked, followed, untilFault(check, asked)),
      endOf(followed),
    ]);
    if (outcome.status === 'done') await followed;
    return outcome;
  });
