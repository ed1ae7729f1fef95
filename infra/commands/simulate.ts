/** `busyhour simulate`: a simulated centre into the log. */
import { TZDate } from '@date-fns/tz';
import { startOfDay } from 'date-fns';
import { simulationDefaults } from '../../ingest/feeds/simulator/centre-plan.ts';
import { publishSimulation } from '../../ingest/feeds/simulator/publish-simulation.ts';
import type { SimulateFlags } from '../cli/command-line.ts';
import { untilAsked } from '../cli/lifetime.ts';
import { DONE, type Outcome } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import { nowMs } from './about.ts';
import { declareAlerts, landed, publisherOf, withProcessing } from './running.ts';

export const simulate = (config: Config, flags: SimulateFlags): Promise<Outcome> =>
  withProcessing(config, async (foundation, check) => {
    const { tenant, source, seed, queues, agents, rate, speed } = flags;
    const midnight = startOfDay(new TZDate(nowMs(), config.timeZone)).getTime();
    const startMs = flags.from ?? (speed === 0 ? midnight : nowMs());
    const untilMs = flags.until ?? startMs + 24 * 3_600_000;
    const signal = untilAsked();
    const startedMs = nowMs();
    const publisher = publisherOf(foundation, 'simulator', tenant, source);
    await declareAlerts(foundation, config, { publisher, tenant, source });
    const published = await publishSimulation({
      options: simulationDefaults({
        seed,
        tenant,
        source,
        startMs,
        untilMs,
        // Its day begins at this zone's midnight, so its shifts and busy hours are this zone's too.
        timeZoneOffsetMs: -new TZDate(startMs, config.timeZone).getTimezoneOffset() * 60_000,
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
