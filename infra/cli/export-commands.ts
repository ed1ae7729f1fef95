/** `busyhour export …` on the command line: names and options. What they do is given. */
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Outcome } from './outcome.ts';

/** What is not about what to export but how; every other flag is the API's parameter of that name. */
export interface ExportFlags {
  readonly tenant: string;
  readonly out: string;
  readonly json?: boolean;
  readonly [parameter: string]: string | boolean | undefined;
}
export interface ExportCommands {
  readonly intervals: (config: Config, flags: ExportFlags) => Promise<Outcome>;
  readonly contacts: (config: Config, flags: ExportFlags) => Promise<Outcome>;
}
type On = (command: (config: Config) => Promise<Outcome>) => Promise<void>;

const withCommonOptions = (command: Command, formats: string): Command =>
  command
    .requiredOption('--from <date>', 'a date in --tz, or an ISO 8601 time')
    .requiredOption('--to <date>', 'the same, exclusive')
    .requiredOption('--out <file>', 'where to; it is there once it is whole. - is standard output')
    .option('--format <name>', formats, 'csv')
    .option('--tz <zone>', 'time zone of dates and of the wall clock (default: the configured one)')
    .option('--queue <names>', 'only these queues, by comma; \\, is a comma within a name')
    .option('--channel <names>', 'only these channels')
    .option('--source <names>', 'only these sources')
    .option('--agent <names>', 'only what these agents answered')
    .option('--tenant <tenant>', 'whose data', 'default')
    .option('--json', 'the summary as one JSON object');

export const addExportCommands = (root: Command, on: On, commands: ExportCommands): void => {
  const group = root.command('export').description('figures and contacts into a file');
  withCommonOptions(group.command('intervals'), 'csv, ndjson, json, parquet or arrow')
    .description('figures by interval and group, as /v1/intervals gives them')
    .option('--interval <length>', '15m, 30m, 1h, 1d, 1w, 1mo or total', '15m')
    .option('--queue-group <names>', 'only the queues of these groups of busyhour.yaml')
    .option('--direction <names>', 'inbound, outbound or internal')
    .option('--language <names>', 'only these languages')
    .option('--site <names>', 'only these sites')
    .option('--tier <names>', 'only these customer tiers')
    .option('--layout <name>', 'table, or wfm for workforce-management tools')
    .option('--group-by <columns>', 'queue, queue_group, channel, source, language … (default: queue)')
    .option('--basis <moment>', 'arrival, answer or end')
    .option('--sl-threshold <duration>', 'threshold of the service level')
    .option('--sl-formula <name>', 'formula of the service level')
    .option('--short-abandon <duration>', 'longest wait of a short abandon')
    .option('--count-exits', 'exits in the denominator of the service level')
    .option('--exclude-short', 'short abandons out of the abandonment rate')
    .option('--profile <name>', 'a vendor’s whole definition')
    .option('--percentiles <list>', 'such as 50,90')
    .action((flags: ExportFlags) => on((config) => commands.intervals(config, flags)));
  withCommonOptions(group.command('contacts'), 'csv, ndjson, parquet or arrow')
    .description('contacts, a leg a row, by queue and time')
    .option(
      '--caller <numbers>',
      'only these callers: numbers, where there is the key that hid them, or pseudonyms',
    )
    .option('--outcome <names>', 'only these outcomes')
    .option('--min-wait <duration>', 'only waits of at least this')
    .action((flags: ExportFlags) => on((config) => commands.contacts(config, flags)));
};
