/** `busyhour process` and `busyhour serve`: the roles of a distributed set-up. */
import { runUntil, untilAsked } from '../cli/lifetime.ts';
import { DONE, type Outcome } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import { startMetricsServer } from '../metrics-server.ts';
import { createTelemetry, measureProcess } from '../telemetry.ts';
import { nowMs, version } from './about.ts';
import { listen } from './listen.ts';
import { inRole, startProcessors, startTelling } from './running.ts';

export const processRole = (config: Config): Promise<Outcome> =>
  inRole(config, 'process', async (foundation) => {
    const asked = untilAsked();
    const telemetry = createTelemetry(nowMs);
    measureProcess(telemetry.registry, null);
    const processing = await startProcessors(foundation, config, telemetry);
    const telling = await startTelling(foundation, config, telemetry);
    const { host, metricsPort: port } = config;
    const isReady = (): boolean => processing.stalled() === null;
    const metrics =
      port === null ? null : await startMetricsServer({ host, port }, telemetry.registry, isReady);
    process.stdout.write(`Busyhour ${version}: processing; Ctrl-C drains and stops\n`);
    const outcome = await runUntil(asked, processing.broken, telling.broken);
    if (outcome.status === 'failed') return outcome;
    await metrics?.close();
    await processing.close();
    await telling.close();
    return outcome;
  });

export const serveRole = (config: Config): Promise<Outcome> =>
  inRole(config, 'serve', async (foundation) => {
    const asked = untilAsked();
    const telemetry = createTelemetry(nowMs);
    measureProcess(telemetry.registry, null);
    const server = await listen(foundation, config, telemetry, false);
    process.stdout.write(`Busyhour ${version}: serving ${server.url}; Ctrl-C stops\n`);
    await runUntil(asked);
    await server.close();
    return DONE;
  });
