/** Publishes a simulated centre: what is past at once, the rest as its time comes. */
import type { Publisher } from '../../publish.ts';
import type { SimulationOptions } from './centre-plan.ts';
import { type Pacing, pacedEvents } from './pacing.ts';
import { simulateCentre } from './simulate-centre.ts';

export interface Simulation extends Pacing {
  readonly options: SimulationOptions;
  readonly publisher: Publisher;
  readonly onPublished: (events: number, sourceTimeMs: number) => void;
}

/** Resolves with how many events were new when the simulation or the signal ends. What the log holds already is skipped. */
export const publishSimulation = async (simulation: Simulation): Promise<number> => {
  const { options, publisher, onPublished } = simulation;
  let published = 0;
  for await (const batch of pacedEvents(simulateCentre(options), simulation)) {
    const counts = await publisher.publish(
      batch.map(({ seq, event_time, body }) => ({
        status: 'accepted',
        id: seq,
        events: [{ event_time, body }],
      })),
    );
    published += counts.published;
    onPublished(published, batch.at(-1)?.event_time ?? 0);
  }
  return published;
};
