/**
 * Workers, broker and store are killed, stopped and frozen while calls come in: whatever happens, in the end the rows
 * are the oracle's. Short here; as long as an operator's worst day with BUSYHOUR_TEST_FULL=1.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LANDED_GROUP } from '../../../processors/runtime/worker.ts';
import { EVENTS } from '../../../schemas/topics.ts';
import type { Finished } from '../../support/cli.ts';
import { type Cluster, startCluster, until, type WorkerProcess } from '../../support/cluster.ts';
import { type Load, type SourceLoad, startLoad } from '../../support/cluster-load.ts';
import { compareWithOracle, untilLoadLanded } from '../../support/cluster-oracle.ts';
import { findTestBroker } from '../../support/kafka.ts';

const full = process.env.BUSYHOUR_TEST_FULL === '1';
const KILLS = full ? 20 : 3;
const OUTAGE_MS = full ? 60_000 : 10_000;
/** Much faster than real centres are, so that what is not kept would show. */
const OUTAGE_LOAD = { events: 200, pauseMs: 100 } as const;
const STORM_MS = full ? 60_000 : 20_000;
const STORM_STEP_MS = 2_000;
const FREEZES = full ? 5 : 1;
/** How long a step of landing may take here: a session has to run out, and the machine is shared. */
const LANDING_LIMIT_MS = 60_000;
/** A worker of 8 partitions; what it holds is bounded by 4 MiB fetched and 50,000 unlanded events for each. */
const RSS_LIMIT_MIB = 768;

/** What a worker has in memory now; 0 when it is gone. */
const rssMib = ({ pid, isRunning }: WorkerProcess): number => {
  if (!isRunning()) return 0;
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1_024;
};

const source = await findTestBroker('faults of a cluster');

describe.skipIf(source.kind === 'none')('a cluster under load', { timeout: 300_000 }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster(source);
  }, 120_000);
  afterEach(() => cluster?.killWorkers());
  afterAll(() => cluster?.close(), 60_000);

  /** Ends the load and holds what landed against the oracle. */
  const expectAgreement = async (load: Load): Promise<void> => {
    const sources = await load.stop();
    await untilLoadLanded(cluster, sources);
    const { legs, differences } = await compareWithOracle(cluster, sources);
    expect(legs).toBeGreaterThan(100);
    expect(differences.slice(0, 10)).toEqual([]);
  };
  const landedOffset = async ({ partition }: SourceLoad): Promise<number> =>
    (await cluster.log.committed(LANDED_GROUP, EVENTS.name, partition)) ?? 0;
  /** Waits until what is in the log now has landed, while more comes in. */
  const untilCaughtUp = async ({ sources }: Load): Promise<void> => {
    for (const each of sources) {
      const end = await cluster.log.endOffset(EVENTS.name, each.partition);
      await until(
        `${each.source} landed up to ${end}`,
        LANDING_LIMIT_MS,
        async () => (await landedOffset(each)) >= end,
      );
    }
  };

  it(`loses nothing when a worker is killed, ${KILLS} times`, async () => {
    const load = startLoad(cluster, 'killed');
    let [older, younger] = await Promise.all([cluster.startWorker(), cluster.startWorker()]);
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Not always at the same point of its work.
      await sleep((kill * 370) % 1_500);
      const victim = older;
      await victim.kill();
      older = younger;
      younger = await cluster.startWorker();
    }
    await expectAgreement(load);
    expect(cluster.workers()).toHaveLength(2);
  });

  it('goes on when the broker is killed and comes back', async () => {
    const load = startLoad(cluster, 'broker');
    const workers = await Promise.all([cluster.startWorker(), cluster.startWorker()]);
    await untilCaughtUp(load);
    if (full) {
      await cluster.broker.restart();
      await untilCaughtUp(load);
    }
    await cluster.broker.kill();
    await cluster.broker.restart();
    await expectAgreement(load);
    expect(workers.filter((worker) => !worker.isRunning()).map((worker) => worker.output())).toEqual([]);
  });

  it(`keeps all and little in memory while ClickHouse is away for ${OUTAGE_MS / 1_000} s`, async () => {
    const load = startLoad(cluster, 'outage', OUTAGE_LOAD);
    const workers = await Promise.all([cluster.startWorker(), cluster.startWorker()]);
    await untilCaughtUp(load);
    let mostMib = 0;
    const watch = setInterval(() => {
      mostMib = Math.max(mostMib, ...workers.map(rssMib));
    }, 250);
    try {
      cluster.store.freeze();
      await sleep(OUTAGE_MS / 2);
      await cluster.store.kill();
      await sleep(OUTAGE_MS / 2);
      await cluster.store.restart();
      await expectAgreement(load);
    } finally {
      clearInterval(watch);
    }
    expect(workers.filter((worker) => !worker.isRunning()).map((worker) => worker.output())).toEqual([]);
    expect(mostMib).toBeLessThan(RSS_LIMIT_MIB);
  });

  it(`loses nothing while workers join and leave every 2 s for ${STORM_MS / 1_000} s`, async () => {
    const load = startLoad(cluster, 'storm');
    const present = [await cluster.startWorker()];
    const leaving: Promise<Finished>[] = [];
    const end = Date.now() + STORM_MS;
    for (let step = 0; Date.now() < end; step += 1) {
      const over = Date.now() + STORM_STEP_MS;
      // One at least stays: who leaves hands over to somebody.
      const left = present.length > 1 && step % 2 === 1 ? present.shift() : undefined;
      if (left === undefined) present.push(await cluster.startWorker());
      else leaving.push(left.stop());
      await sleep(Math.max(0, over - Date.now()));
    }
    await expectAgreement(load);
    const codes = (await Promise.all(leaving)).map(({ code }) => code);
    expect(codes.length).toBeGreaterThan(1);
    expect(codes.filter((code) => code !== 0)).toEqual([]);
  });

  it('is not harmed by a worker that was frozen past its session and wakes after its partitions have moved', async () => {
    const load = startLoad(cluster, 'zombie');
    const [zombie, successor] = await Promise.all([cluster.startWorker(), cluster.startWorker()]);
    for (let freeze = 0; freeze < FREEZES; freeze += 1) {
      await untilCaughtUp(load);
      await sleep((freeze * 370) % 1_500);
      zombie.signal('SIGSTOP');
      // All partitions are the successor's now, and it has landed what the frozen one never saw.
      await untilCaughtUp(load);
      zombie.signal('SIGCONT');
      await untilCaughtUp(load);
    }
    // Alone it has to take everything over.
    expect((await successor.stop()).code).toBe(0);
    await untilCaughtUp(load);
    expect(zombie.isRunning()).toBe(true);
    await expectAgreement(load);
  });

  it('buries a record that is no event, and its partition goes on', async () => {
    const load = startLoad(cluster, 'poisoned');
    await cluster.startWorker();
    await untilCaughtUp(load);
    const at = await load.poison('hello');
    await expectAgreement(load);
    expect(
      await cluster.store.query(
        `SELECT source, reason, place, base64Decode(line) AS line FROM acd.dead_letters WHERE feed = 'log'`,
      ),
    ).toEqual([
      { source: load.sources[0]?.source, reason: 'not a canonical event', place: at, line: 'hello' },
    ]);
  });
});
