/** `busyhour import`: history in, once, until it has landed. */
import { openFeed } from '../../ingest/feeds.ts';
import { findUnreadable, runImport } from '../../ingest/import.ts';
import { InputError } from '../../ingest/input.ts';
import type { ImportFlags } from '../cli/command-line.ts';
import { printSummary } from '../cli/import-summary.ts';
import { DONE, type Outcome, usage } from '../cli/outcome.ts';
import { openProgress } from '../cli/progress.ts';
import { addedRows, countSourceRows } from '../clickhouse/source-rows.ts';
import type { Config } from '../config.ts';
import { nowMs } from './about.ts';
import { landed, pseudonymiserOf, publisherOf, withProcessing } from './running.ts';

/** An input that as a whole cannot be used is the user's to mend; anything else is passed on. */
const unusable = (error: unknown): Outcome => {
  if (error instanceof InputError) return usage(error.message);
  throw error;
};

export const importFiles = async (
  config: Config,
  feed: string,
  files: readonly string[],
  flags: ImportFlags,
): Promise<Outcome> => {
  const unreadable = findUnreadable(files);
  if (unreadable !== null) return usage(unreadable);
  const { tenant, source, tz = null, map = null, aliases = null, json = false } = flags;
  const opened = openFeed(feed, { tenant, source, nowMs, timeZone: tz, mapFile: map, aliasesFile: aliases });
  if (opened.status === 'usage') return usage(opened.message);
  return withProcessing(config, async (foundation, check) => {
    const startedMs = nowMs();
    const before = await countSourceRows(foundation.store, tenant, source);
    const progress = openProgress(!json);
    const imported = await runImport({
      ...opened.feed,
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
