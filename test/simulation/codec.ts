/** The real codec over a registry in memory. */
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';

export const simulationCodec = (): Promise<EventCodec> =>
  openEventCodec({ register: async () => 1, schemaById: async () => null });
