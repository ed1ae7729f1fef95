/** `busyhour import`: history in, once, until it has landed. */
import { openFeed } from '../../ingest/feeds.ts';
import { findUnreadable, type ImportOptions, runImport } from '../../ingest/import.ts';
import { InputError } from '../../ingest/input.ts';
import type { ImportFlags } from '../cli/command-line.ts';
import { printSummary } from '../cli/import-summary.ts';
import { DONE, type Outcome, usage } from '../cli/outcome.ts';
import { openProgress } from '../cli/progress.ts';
import { addedRows, countSourceRows } from '../clickhouse/source-rows.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { isTimeZone } from '../time-zone.ts';
import { nowMs } from './about.ts';
import { landed, pseudonymiserOf, publisherOf, withProcessing } from './running.ts';
import { SCHEDULE, scheduleFeed } from './schedule-feed.ts';

/** An input that as a whole cannot be used is the user's to mend; anything else is passed on. */
const unusable = (error: unknown): Outcome => {
  if (error instanceof InputError) return usage(error.message);
  throw error;
};

type Imported = Pick<ImportOptions, 'latenessMs' | 'tracksAgents' | 'selfDescribed' | 'order' | 'read'>;
type Opened = (foundation: Foundation) => Imported;

/** What to import, once there is a foundation; or in one line what is wrong with how it was asked for. */
const openImport = (config: Config, feed: string, flags: ImportFlags): Opened | string => {
  const { tenant, source, tz = null, map = null, aliases = null } = flags;
  if (feed === SCHEDULE) {
    const timeZone = tz ?? config.timeZone;
    if (!isTimeZone(timeZone)) return `"${timeZone}" is no time zone: use a name such as Europe/Berlin`;
    return (foundation) => scheduleFeed(foundation, flags, timeZone);
  }
  const opened = openFeed(feed, { tenant, source, nowMs, timeZone: tz, mapFile: map, aliasesFile: aliases });
  return opened.status === 'usage' ? opened.message : () => opened.feed;
};

export const importFiles = async (
  config: Config,
  feed: string,
  files: readonly string[],
  flags: ImportFlags,
): Promise<Outcome> => {
  const unreadable = findUnreadable(files);
  if (unreadable !== null) return usage(unreadable);
  const opened = openImport(config, feed, flags);
  if (typeof opened === 'string') return usage(opened);
  const { tenant, source, json = false } = flags;
  return withProcessing(config, async (foundation, check) => {
    const startedMs = nowMs();
    const before = await countSourceRows(foundation.store, tenant, source);
    const progress = openProgress(!json);
    const imported = await runImport({
      ...opened(foundation),
      files,
      pseudonymise: pseudonymiserOf(foundation, tenant),
      publisher: publisherOf(foundation, feed, tenant, source),
      onProgress: ({ bytesRead, bytesTotal, lines }) => progress.report(bytesRead, bytesTotal, lines),
    })
      .finally(progress.stop)
      .catch(unusable);
    if ('status' in imported) return imported;
    await landed(foundation, tenant, source, check);
    const added = addedRows(before, await countSourceRows(foundation.store, tenant, source));
    printSummary(
      { ...imported, landed: added, seconds: (nowMs() - startedMs) / 1_000 },
      json,
      process.stdout,
    );
    return DONE;
  });
};
