import { expect, it } from 'vitest';
import { startDeadLetterLander } from '../../processors/runtime/dead-letter-lander.ts';
import { startWorker } from '../../processors/runtime/worker.ts';
import { simulationCodec } from './codec.ts';
import { openCentres } from './inputs.ts';
import { type Given, simulate } from './world.ts';

const FIRST_SEED = Number(process.env.BUSYHOUR_SEED ?? 1);
const SEEDS =
  process.env.BUSYHOUR_SEED !== undefined ? 1 : process.env.BUSYHOUR_TEST_FULL === '1' ? 10_000 : 2_000;

const given = async (): Promise<Given> => ({
  codec: await simulationCodec(),
  runtime: { startWorker, startDeadLetterLander },
  centre: openCentres(),
});

it(`whatever goes wrong, the rows are right: ${SEEDS} seeds from ${FIRST_SEED}`, {
  timeout: 600_000,
}, async () => {
  const of = await given();
  let events = 0;
  let steps = 0;
  const startedMs = performance.now();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const outcome = await simulate(seed, of);
    events += outcome.events;
    steps += outcome.steps;
    expect(
      outcome.broken,
      `seed ${seed} is broken: BUSYHOUR_SEED=${seed} npx vitest run test/simulation/simulation.test.ts`,
    ).toEqual([]);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(
    `${SEEDS} seeds, ${events} records, ${steps} steps in ${seconds.toFixed(1)} s: ${Math.round(SEEDS / seconds)} seeds/s`,
  );
});
