/** The composition root and command line: the only file that knows every part. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TZDate } from '@date-fns/tz';
import { startOfDay } from 'date-fns';
import { type Logger, pino } from 'pino';
import { type ImportFlags, runCommandLine, type SimulateFlags } from './infra/cli/command-line.ts';
import { greet } from './infra/cli/greeting.ts';
import { printSummary } from './infra/cli/import-summary.ts';
import { runUntil, untilAsked, untilFault, untilWritten } from './infra/cli/lifetime.ts';
import { CommandFault, DONE, failed, type Outcome, usage } from './infra/cli/outcome.ts';
import { openProgress } from './infra/cli/progress.ts';
import { isFormatName, printQuery } from './infra/cli/sql.ts';
import { openStore } from './infra/clickhouse/clickhouse-store.ts';
import { addedRows, countSourceRows } from './infra/clickhouse/source-rows.ts';
import type { Config, FeedConfig } from './infra/config.ts';
import { announceNode, findNode, withdrawNode } from './infra/data-dir.ts';
import { diagnose } from './infra/doctor.ts';
import { type Foundation, isDistributed, openFoundation, type Standing } from './infra/foundation.ts';
import { startMetricsServer } from './infra/metrics-server.ts';
import { createTelemetry, type Telemetry } from './infra/telemetry.ts';
import { simulationDefaults } from './ingest/feeds/simulator/centre-plan.ts';
import { followDemo } from './ingest/feeds/simulator/follow-demo.ts';
import { publishSimulation } from './ingest/feeds/simulator/publish-simulation.ts';
import { FEED_NAMES, openFeed } from './ingest/feeds.ts';
import { findUnreadable, runImport } from './ingest/import.ts';
import { InputError } from './ingest/input.ts';
import { createPseudonymiser, type Pseudonymise } from './ingest/pseudonymise.ts';
import { createPublisher, type Publisher } from './ingest/publish.ts';
import { untilLanded } from './processors/runtime/landed.ts';
import { type Processing, startProcessing } from './processors/runtime/processing.ts';
import { replay as replayLog } from './processors/runtime/replay.ts';
import { hashToken } from './query-api/auth.ts';
import { buildServer } from './query-api/server.ts';
import { partitionOf } from './schemas/topics.ts';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const nowMs = Date.now;

/**
 * Opens the foundation for `work`; what is refused becomes the outcome. It is closed when the work is done. After a
 * fault the process just ends: what is broken might never drain, and everything here survives a kill.
 */
const withFoundation = async (
  config: Config,
  standing: Standing,
  work: (foundation: Foundation) => Promise<Outcome>,
): Promise<Outcome> => {
  const opened = await openFoundation(config, standing);
  if (opened.status === 'refused') return failed(opened.message);
  const outcome = await work(opened.foundation);
  if (outcome.status !== 'failed') await opened.foundation.close();
  return outcome;
};

/** A command gives up when the store has taken nothing for this long; a node waits for it. */
const COMMAND_PATIENCE_MS = 15_000;

const loggerOf = (config: Config): Logger =>
  pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));

const startProcessors = (foundation: Foundation, config: Config, telemetry: Telemetry): Promise<Processing> =>
  startProcessing({ ...foundation, metrics: telemetry.processing, logger: loggerOf(config), nowMs });

const publisherOf = (
  { log, ledger, codec }: Foundation,
  feed: string,
  tenant: string,
  source: string,
): Publisher => {
  const encode: typeof codec.encode = (event) => codec.encode(event);
  return createPublisher({ log, ledger: ledger(), encode, nowMs, tenant, source, feed });
};

/** Runs `work` with processors: the running node's, or our own for the time. `check` throws once they are gone. */
const withProcessing = (
  config: Config,
  work: (foundation: Foundation, check: () => void) => Promise<Outcome>,
): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    if (foundation.joined) {
      return work(foundation, () => {
        if (config.log.kind === 'kafka') return;
        if (findNode(config.dataDir) === null) {
          throw new CommandFault(
            'the node on this data directory has stopped: start it again and repeat the command',
          );
        }
      });
    }
    const processing = await startProcessors(foundation, config, createTelemetry(nowMs));
    let fault: Error | null = null;
    void processing.broken.then((error) => {
      fault = error;
    });
    const outcome = await work(foundation, () => {
      if (fault !== null) throw fault;
      const stalled = processing.stalled();
      if (stalled === null || nowMs() - stalled.sinceMs < COMMAND_PATIENCE_MS) return;
      throw new CommandFault(
        `ClickHouse takes no rows (code ${stalled.code}${stalled.code === '243' ? ': the disk is full' : ''}): mend that and repeat the command; what was read is safe in the log`,
      );
    });
    await processing.close();
    return outcome;
  });

/** Waits until everything of a source that is in the log has landed. */
const landed = ({ log }: Foundation, tenant: string, source: string, check: () => void): Promise<void> =>
  untilLanded({ log, partition: partitionOf(tenant, source), wait: (ms) => sleep(ms), check });

const pseudonymiserOf = ({ secrets }: Foundation, tenant: string): Pseudonymise => {
  const { pseudonymKey } = secrets();
  if (pseudonymKey !== '') return createPseudonymiser(pseudonymKey, tenant);
  throw new CommandFault('BUSYHOUR_PSEUDONYM_KEY is missing: every process that ingests needs the same one');
};

/** An input that as a whole cannot be used is the user's to mend; anything else is passed on. */
const unusable = (error: unknown): Outcome => {
  if (error instanceof InputError) return usage(error.message);
  throw error;
};

const importFiles = async (
  config: Config,
  feed: string,
  files: readonly string[],
  flags: ImportFlags,
): Promise<Outcome> => {
  const unreadable = findUnreadable(files);
  if (unreadable !== null) return usage(unreadable);
  const { tenant, source, tz = null, map = null, aliases = null, json = false } = flags;
  const opened = openFeed(feed, { nowMs, timeZone: tz, mapFile: map, aliasesFile: aliases });
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

const follow = (
  foundation: Foundation,
  { feed, path, source, tenant, aliases }: FeedConfig,
  signal: AbortSignal,
): Promise<void> => {
  const opened = openFeed(feed, { nowMs, timeZone: null, mapFile: null, aliasesFile: aliases });
  if (opened.status === 'usage') throw new CommandFault(opened.message);
  if (opened.feed.follow === null)
    throw new CommandFault(`${feed} cannot be followed: import its files instead`);
  const publisher = publisherOf(foundation, feed, tenant, source);
  return opened.feed.follow({
    path,
    publisher,
    pseudonymise: pseudonymiserOf(foundation, tenant),
    ledger: foundation.ledger(),
    cursorName: `${feed}|${tenant}|${source}|${path}`,
    signal,
  });
};

const ingest = (config: Config, feed: string, path: string, flags: ImportFlags): Promise<Outcome> =>
  withProcessing(config, async (foundation, check) => {
    const asked = untilAsked();
    const followed = follow(foundation, { feed, path, aliases: null, ...flags }, asked);
    process.stdout.write(
      `following ${path} as source ${flags.source}; Ctrl-C stops, and the next start resumes here\n`,
    );
    const outcome = await runUntil(asked, followed, untilFault(check, asked));
    if (outcome.status === 'done') await followed;
    return outcome;
  });

const DEMO = { tenant: 'default', source: 'simulator' } as const;

const runDemo = (foundation: Foundation, timeZone: string, signal: AbortSignal): Promise<void> =>
  followDemo({
    tenant: DEMO.tenant,
    publisher: publisherOf(foundation, 'simulator', DEMO.tenant, DEMO.source),
    ledger: foundation.ledger(),
    midnightMs: startOfDay(new TZDate(nowMs(), timeZone)).getTime(),
    nowMs,
    signal,
  });

/** Whether somebody's own data is in the log: then no simulated centre joins it unasked. */
const hasOwnData = async ({ store }: Foundation): Promise<boolean> => {
  const found = await store.query(`SELECT 1 FROM acd.events WHERE source != '${DEMO.source}' LIMIT 1`);
  return found.length > 0;
};

interface Serving {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Listens with the API, the live hub and the wallboard. */
const listen = async (
  { log, store, secrets }: Foundation,
  config: Config,
  { registry }: Telemetry,
  simulated: boolean,
): Promise<Serving> => {
  const { apiAdminToken } = secrets();
  if (config.auth === 'token' && apiAdminToken === '') {
    throw new CommandFault('BUSYHOUR_API_TOKEN is missing: every process that serves needs the same one');
  }
  const server = await buildServer({
    log,
    store,
    auth: config.auth,
    tokens: [{ sha256: hashToken(apiAdminToken), tenant: 'default', role: 'admin', queues: '*' }],
    nowMs,
    timeZone: config.timeZone,
    about: { name: 'Busyhour', version, simulated },
    allowedOrigins: config.allowedOrigins,
    registry,
  });
  const url = await server.listen({ host: config.host, port: config.port });
  return { url, close: () => server.close() };
};

const start = (config: Config, flags: { demo?: boolean }): Promise<Outcome> =>
  withFoundation(config, 'node', async (foundation) => {
    const asked = untilAsked();
    const demo = flags.demo ?? (config.feeds.length === 0 && !(await hasOwnData(foundation)));
    const telemetry = createTelemetry(nowMs);
    const processing = await startProcessors(foundation, config, telemetry);
    const server = await listen(foundation, config, telemetry, demo);
    const { clickhouseUrl, dataDir, secrets } = foundation;
    const startedAt = new Date(nowMs()).toISOString();
    announceNode(dataDir, { pid: process.pid, httpUrl: server.url, clickhouseUrl, startedAt });
    const feeds = config.feeds.map(async (feed) => follow(foundation, feed, asked));
    if (demo) feeds.push(runDemo(foundation, config.timeZone, asked));
    const token = config.auth === 'token' ? secrets().apiAdminToken : null;
    greet({ version, url: server.url, token, feeds: demo ? null : config.feeds.length, dataDir });
    const outcome = await runUntil(asked, processing.broken, ...feeds);
    withdrawNode(dataDir);
    if (outcome.status === 'failed') return outcome;
    await Promise.all(feeds);
    await server.close();
    await processing.close();
    return outcome;
  });

/** The roles of a distributed set-up share nothing but Kafka and ClickHouse; what is embedded belongs to one node. */
const inRole = (
  config: Config,
  role: string,
  work: (foundation: Foundation) => Promise<Outcome>,
): Promise<Outcome> =>
  isDistributed(config)
    ? withFoundation(config, 'node', work)
    : Promise.resolve(
        usage(
          `${role} needs BUSYHOUR_LOG=kafka://… and BUSYHOUR_CLICKHOUSE_URL=http://…; on one machine "start" does it all`,
        ),
      );

const processRole = (config: Config): Promise<Outcome> =>
  inRole(config, 'process', async (foundation) => {
    const asked = untilAsked();
    const telemetry = createTelemetry(nowMs);
    const processing = await startProcessors(foundation, config, telemetry);
    const { host, metricsPort: port } = config;
    const isReady = (): boolean => processing.stalled() === null;
    const metrics =
      port === null ? null : await startMetricsServer({ host, port }, telemetry.registry, isReady);
    process.stdout.write(`Busyhour ${version}: processing; Ctrl-C drains and stops\n`);
    const outcome = await runUntil(asked, processing.broken);
    if (outcome.status === 'failed') return outcome;
    await metrics?.close();
    await processing.close();
    return outcome;
  });

const serveRole = (config: Config): Promise<Outcome> =>
  inRole(config, 'serve', async (foundation) => {
    const asked = untilAsked();
    const server = await listen(foundation, config, createTelemetry(nowMs), false);
    process.stdout.write(`Busyhour ${version}: serving ${server.url}; Ctrl-C stops\n`);
    await runUntil(asked);
    await server.close();
    return DONE;
  });

const simulate = (config: Config, flags: SimulateFlags): Promise<Outcome> =>
  withProcessing(config, async (foundation, check) => {
    const { tenant, source, seed, queues, agents, rate, speed } = flags;
    const midnight = startOfDay(new TZDate(nowMs(), config.timeZone)).getTime();
    const startMs = flags.from ?? (speed === 0 ? midnight : nowMs());
    const untilMs = flags.until ?? startMs + 24 * 3_600_000;
    const signal = untilAsked();
    const startedMs = nowMs();
    const publisher = publisherOf(foundation, 'simulator', tenant, source);
    const published = await publishSimulation({
      options: simulationDefaults({
        seed,
        tenant,
        source,
        startMs,
        untilMs,
        queues,
        agents,
        ...(rate === undefined ? {} : { callsPerSecond: rate }),
      }),
      publisher,
      // Without a speed all of it is past: it comes as fast as it goes.
      speed: speed === 0 ? 1 : speed,
      startMs,
      nowMs: speed === 0 ? () => untilMs : nowMs,
      signal,
      onPublished: check,
    });
    await landed(foundation, tenant, source, check);
    const seconds = (nowMs() - startedMs) / 1_000;
    const line =
      flags.json === true
        ? JSON.stringify({ published, seconds })
        : `published ${published} events, landed in ${seconds.toFixed(1)} s`;
    process.stdout.write(`${line}\n`);
    return DONE;
  });

const replay = (config: Config, { json = false }: { json?: boolean }): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const { log, store, codec, admin } = foundation;
    const progress = openProgress(!json);
    const startedMs = nowMs();
    const result = await replayLog({
      log,
      store,
      openStore: (database) => openStore({ ...admin, database }),
      codec,
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

const sql = async (config: Config, query: string, { format }: { format: string }): Promise<Outcome> => {
  if (!isFormatName(format))
    return usage(`"${format}" is no ClickHouse format: try CSVWithNames, JSONEachRow or Vertical`);
  return withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async ({ analyst }) => {
    const store = openStore({ ...analyst, database: 'acd' });
    try {
      await printQuery(store, query, format, process.stdout);
      return DONE;
    } finally {
      await store.close();
    }
  });
};

const doctor = (config: Config): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const findings = await diagnose(foundation);
    for (const { name, ok, detail } of findings)
      process.stdout.write(`${ok ? 'ok   ' : 'FAULT'} ${name}: ${detail}\n`);
    const faults = findings.filter(({ ok }) => !ok).length;
    return faults === 0 ? DONE : failed(`${faults} fault${faults === 1 ? '' : 's'} found`);
  });

const exitCode = await runCommandLine(
  { version, feeds: FEED_NAMES },
  { start, process: processRole, serve: serveRole, replay, importFiles, ingest, simulate, sql, doctor },
);
// Exits at once: after a fault, timers and retries of what could not be drained are still there.
await untilWritten();
process.exit(exitCode);
