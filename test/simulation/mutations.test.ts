import { afterAll, describe, expect, it } from 'vitest';
import { simulationCodec } from './codec.ts';
import { openCentres } from './inputs.ts';
import { loadMutant } from './mutant.ts';
import { MUTATIONS } from './mutations.ts';
import { simulate } from './world.ts';

const found: string[] = [];
afterAll(() => console.log(found.join('\n')));

describe('the simulation finds', () => {
  it.each(MUTATIONS)('$name', { timeout: 120_000 }, async (mutation) => {
    const mutant = await loadMutant(mutation);
    const given = { codec: await simulationCodec(), runtime: mutant.runtime, centre: openCentres() };
    let seed = 0;
    let broken: readonly string[] = [];
    while (broken.length === 0 && seed < mutation.withinSeeds) {
      seed += 1;
      ({ broken } = await simulate(seed, given));
    }
    mutant.remove();
    found.push(`seed ${seed}: ${mutation.name} → ${broken[0]?.split('\n')[0] ?? 'not found'}`);
    expect(broken, `not found within ${seed} seeds`).not.toEqual([]);
  });
});
