/** What commands run on: the foundation, processors beside it, publishers into it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { declareAlertRules } from '../../ingest/declare-alert-rules.ts';
import { createPseudonymiser, type OnSubject, type Pseudonymise } from '../../ingest/pseudonymise.ts';
import { createPublisher, type Publisher } from '../../ingest/publish.ts';
import { untilLanded } from '../../processors/runtime/landed.ts';
import { type Processing, startProcessing } from '../../processors/runtime/processing.ts';
import { startWebhooks, type Webhooks } from '../../processors/runtime/webhooks/dispatch.ts';
import { partitionOf } from '../../schemas/topics.ts';
import { CommandFault, failed, type Outcome, usage } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import { findNode } from '../data-dir.ts';
import { type Foundation, isDistributed, openFoundation, type Standing } from '../foundation.ts';
import type { Telemetry } from '../telemetry.ts';
import { createTelemetry } from '../telemetry.ts';
import { nowMs } from './about.ts';

/**
 * Opens the foundation for `work`; what is refused becomes the outcome. It is closed when the work is done. After a
 * fault the process just ends: what is broken might never drain, and everything here survives a kill.
 */
export const withFoundation = async (
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

export const loggerOf = (config: Config): Logger =>
  pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));

export const startProcessors = (
  foundation: Foundation,
  config: Config,
  telemetry: Telemetry,
): Promise<Processing> =>
  startProcessing({ ...foundation, metrics: telemetry.processing, logger: loggerOf(config), nowMs });

export const publisherOf = (
  foundation: Foundation,
  feed: string,
  tenant: string,
  source: string,
): Publisher => {
  const { log, ledger, codec } = foundation;
  const encode: typeof codec.encode = (event) => codec.encode(event);
  // Asked for when there is a number to hide: a feed without any needs no key.
  let hide: Pseudonymise | null = null;
  const pseudonymise: Pseudonymise = (number) => {
    hide ??= searchPseudonymiserOf(foundation, tenant);
    return hide(number);
  };
  return createPublisher({ log, ledger: ledger(), encode, nowMs, tenant, source, feed, pseudonymise });
};

/** Declares the configured rules of alerts for a source this process feeds, if they have changed. */
export const declareAlerts = (
  { ledger }: Foundation,
  { alerts: rules, serviceLevels }: Pick<Config, 'alerts' | 'serviceLevels'>,
  of: { readonly publisher: Publisher; readonly tenant: string; readonly source: string },
): Promise<void> => declareAlertRules({ ...of, ledger: ledger(), rules, definitions: serviceLevels, nowMs });

/** Tells webhooks of alerts, beside the processors that raise them: with Kafka, each partition's are told once. */
export const startTelling = async (
  { log }: Foundation,
  config: Config,
  telemetry: Telemetry,
): Promise<Webhooks & { readonly broken: Promise<Error> }> => {
  const { promise: broken, resolve: onFatal } = Promise.withResolvers<Error>();
  const { webhooks } = config;
  const telling = await startWebhooks({
    log,
    webhooks,
    nowMs,
    metrics: telemetry.webhooks,
    logger: loggerOf(config),
    onFatal,
  });
  return { ...telling, broken };
};

/** Runs `work` with processors: the running node's, or our own for the time. `check` throws once they are gone. */
export const withProcessing = (
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
export const landed = (
  { log }: Foundation,
  tenant: string,
  source: string,
  check: () => void,
): Promise<void> =>
  untilLanded({ log, partition: partitionOf(tenant, source), wait: (ms) => sleep(ms), check });

/** For what is ingested: with the numbers kept, where that is asked for. */
export const pseudonymiserOf = (foundation: Foundation, tenant: string): Pseudonymise => {
  const { originals } = foundation;
  return pseudonymiserWith(foundation, tenant, (subject, number) => originals?.keep(tenant, subject, number));
};

/** For numbers that are looked for, or hidden where they are not the caller's. */
export const searchPseudonymiserOf = (foundation: Foundation, tenant: string): Pseudonymise =>
  pseudonymiserWith(foundation, tenant, () => {});

const pseudonymiserWith = (
  { secrets, subjectKeys }: Foundation,
  tenant: string,
  onSubject: OnSubject,
): Pseudonymise => {
  if (subjectKeys !== null)
    return createPseudonymiser(secrets().pseudonymKey, tenant, subjectKeys, onSubject);
  throw new CommandFault('BUSYHOUR_PSEUDONYM_KEY is missing: every process that ingests needs the same one');
};

/** The roles of a distributed set-up share nothing but Kafka and ClickHouse; what is embedded belongs to one node. */
export const inRole = (
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
