import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulationDefaults } from '../../../ingest/feeds/simulator/centre-plan.ts';
import { truthUntil } from '../../../ingest/feeds/simulator/truth.ts';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const FROM = '2026-03-02T06:00:00Z';
const UNTIL = '2026-03-02T14:00:00Z';
let data: DataDir;
let node: RunningNode;
beforeAll(async () => {
  data = makeDataDir();
  node = await startNode(data.path, ['--no-demo']);
});
afterAll(async () => {
  await node.stop();
  data.remove();
});

interface Leg {
  readonly contact_id: string;
  readonly leg: number;
  readonly outcome: string | null;
}
const byLeg = (a: Leg, b: Leg): number =>
  a.contact_id === b.contact_id ? a.leg - b.leg : a.contact_id < b.contact_id ? -1 : 1;
const COLUMNS =
  'contact_id, leg, queue, outcome, wait_ms, ring_ms, talk_ms, hold_ms, wrap_ms, agent, ended_by, transfer_kind';

describe("the pipeline's answer is the simulated centre's own truth", () => {
  it.each([21, 22, 23])('seed %i', async (seed) => {
    const source = `centre-${seed}`;
    const { code, stderr } = await busyhour(data.path, [
      'simulate',
      ...['--seed', String(seed), '--queues', '4', '--agents', '18', '--source', source],
      ...['--from', FROM, '--until', UNTIL, '--json'],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const untilMs = Date.parse(UNTIL);
    const options = simulationDefaults({
      seed,
      tenant: 'default',
      source,
      startMs: Date.parse(FROM),
      untilMs,
      queues: 4,
      agents: 18,
    });
    const truth = truthUntil(options, untilMs);
    const final = truth.legs.filter(
      ({ outcome, ended_at }) => outcome !== null && (outcome !== 'answered' || ended_at !== null),
    );
    const { stdout } = await busyhour(data.path, [
      'sql',
      `SELECT ${COLUMNS} FROM contact_legs WHERE source = '${source}'`,
      '--format',
      'JSONEachRow',
    ]);
    const landed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Leg);
    const picked = final.map((leg) =>
      Object.fromEntries(COLUMNS.split(', ').map((column) => [column, leg[column as keyof typeof leg]])),
    ) as unknown as Leg[];
    expect(landed.sort(byLeg)).toEqual(picked.sort(byLeg));

    const reply = await node.get(`/v1/intervals?interval=total&group_by=source&source=${source}`);
    const { rows } = (await reply.json()) as { rows: Record<string, number>[] };
    const count = (outcome: string): number => truth.legs.filter((leg) => leg.outcome === outcome).length;
    const offered = truth.legs.filter(({ outcome }) => !outcome?.startsWith('refused'));
    const within = truth.legs.filter(
      ({ outcome, wait_ms }) => outcome === 'answered' && Number(wait_ms) <= 20_000,
    );
    expect(rows[0]).toMatchObject({
      offered: offered.length,
      answered: count('answered'),
      abandoned: count('abandoned'),
      timed_out: count('timed_out'),
      key_exit: count('key_exit'),
      answered_within: within.length,
      service_level: within.length / (count('answered') + count('abandoned')),
    });
  });

  it('the same seed again adds nothing', async () => {
    const { stdout } = await busyhour(data.path, [
      'simulate',
      ...['--seed', '21', '--queues', '4', '--agents', '18', '--source', 'centre-21'],
      ...['--from', FROM, '--until', UNTIL, '--json'],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ published: 0 });
  });
});
