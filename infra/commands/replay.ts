/** `busyhour replay`: the derived tables once more from the log. */

import { replay as replayLog } from '../../processors/runtime/replay.ts';
import { untilAsked } from '../cli/lifetime.ts';
import { DONE, failed, type Outcome } from '../cli/outcome.ts';
import { openProgress } from '../cli/progress.ts';
import { openStore } from '../clickhouse/clickhouse-store.ts';
import type { Config } from '../config.ts';
import { nowMs } from './about.ts';
import { withFoundation } from './running.ts';

export const replay = (config: Config, { json = false }: { json?: boolean }): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const { log, store, codec, admin } = foundation;
    const progress = openProgress(!json);
    const startedMs = nowMs();
    const result = await replayLog({
      log,
      store,
      openStore: (database) => openStore({ ...admin, database }),
      codec,
      heedsErasures: true,
      signal: untilAsked(),
      onProgress: ({ recordsDone, recordsTotal }) => progress.report(recordsDone, recordsTotal, recordsDone),
      onRetry: () => {},
    }).finally(progress.stop);
    if (result.status === 'refused') return failed(result.reason);
    const { records, poisoned } = result;
    const seconds = (nowMs() - startedMs) / 1_000;
    const line = `replayed ${records} records in ${seconds.toFixed(1)} s; the rebuilt tables stand`;
    process.stdout.write(`${json ? JSON.stringify({ records, poisoned, seconds }) : line}\n`);
    return DONE;
  });
