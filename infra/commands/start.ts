/** `busyhour start`: the whole thing in one process tree. */

import { TZDate } from '@date-fns/tz';
import { startOfDay } from 'date-fns';
import { followDemo } from '../../ingest/feeds/simulator/follow-demo.ts';
import { greet } from '../cli/greeting.ts';
import { runUntil, untilAsked } from '../cli/lifetime.ts';
import type { Outcome } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import { announceNode, withdrawNode } from '../data-dir.ts';
import type { Foundation } from '../foundation.ts';
import { createTelemetry, measureProcess } from '../telemetry.ts';
import { nowMs, version } from './about.ts';
import { follow } from './ingest.ts';
import { listen } from './listen.ts';
import { declareAlerts, publisherOf, startProcessors, startTelling, withFoundation } from './running.ts';

const DEMO = { tenant: 'default', source: 'simulator' } as const;

const runDemo = async (foundation: Foundation, config: Config, signal: AbortSignal): Promise<void> => {
  const publisher = publisherOf(foundation, 'simulator', DEMO.tenant, DEMO.source);
  await declareAlerts(foundation, config, { publisher, ...DEMO });
  await followDemo({
    tenant: DEMO.tenant,
    publisher,
    ledger: foundation.ledger(),
    midnightMs: startOfDay(new TZDate(nowMs(), config.timeZone)).getTime(),
    nowMs,
    signal,
  });
};

/**
 * Whether somebody's own data is in the log: then no simulated centre joins it unasked. The ledger knows it also when the
 * store was emptied, or keeps events for a while only; the store, what others have published through Kafka.
 */
const hasOwnData = async ({ store, ledger }: Foundation): Promise<boolean> => {
  if (
    ledger()
      .sources()
      .some((key) => !key.endsWith(`/${DEMO.source}`))
  )
    return true;
  const found = await store.query(`SELECT 1 FROM acd.events WHERE source != '${DEMO.source}' LIMIT 1`);
  return found.length > 0;
};

export const start = (config: Config, flags: { demo?: boolean }): Promise<Outcome> =>
  withFoundation(config, 'node', async (foundation) => {
    const asked = untilAsked();
    const demo = flags.demo ?? (config.feeds.length === 0 && !(await hasOwnData(foundation)));
    await foundation.prepareTenants();
    const telemetry = createTelemetry(nowMs);
    measureProcess(telemetry.registry, foundation.dataDir);
    const processing = await startProcessors(foundation, config, telemetry);
    const telling = await startTelling(foundation, config, telemetry);
    const server = await listen(foundation, config, telemetry, demo);
    const { clickhouseUrl, dataDir, secrets } = foundation;
    const startedAt = new Date(nowMs()).toISOString();
    announceNode(dataDir, { pid: process.pid, httpUrl: server.url, clickhouseUrl, startedAt });
    const feeds = config.feeds.map(async (feed) => follow(foundation, config, feed, asked));
    if (demo) feeds.push(runDemo(foundation, config, asked));
    const token = config.auth === 'token' ? secrets().apiAdminToken : null;
    greet({ version, url: server.url, token, feeds: demo ? null : config.feeds.length, dataDir });
    const outcome = await runUntil(asked, processing.broken, telling.broken, ...feeds);
    withdrawNode(dataDir);
    if (outcome.status === 'failed') return outcome;
    await Promise.all(feeds);
    await server.close();
    await processing.close();
    await telling.close();
    return outcome;
  });
