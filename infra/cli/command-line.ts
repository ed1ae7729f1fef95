/** The command line itself: names, options and exit codes. What the commands do is given to it. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { addExportCommands, type ExportCommands } from './export-commands.ts';
import { conclude, failed, messageOf, type Outcome, usage } from './outcome.ts';
import { addPrivacyCommands, type PrivacyCommands } from './privacy-commands.ts';
import { DEFAULT_SQL_FORMAT } from './sql.ts';
import { addTokenCommands, type TokenCommands } from './token-commands.ts';

export interface ImportFlags {
  readonly source: string;
  readonly tenant: string;
  readonly tz?: string;
  readonly map?: string;
  readonly aliases?: string;
  readonly json?: boolean;
}

export interface SimulateFlags {
  readonly queues: number;
  readonly agents: number;
  readonly rate?: number;
  readonly speed: number;
  readonly seed: number;
  readonly from?: number;
  readonly until?: number;
  readonly source: string;
  readonly tenant: string;
  readonly json?: boolean;
}

export interface StartFlags {
  /** undefined: the simulated centre joins only when there is nothing else. */
  readonly demo?: boolean;
}
export interface SqlFlags {
  /** Any ClickHouse output format. */
  readonly format: string;
  /** `name=value` each. */
  readonly param: readonly string[];
  readonly tenant?: string;
  readonly credentials?: boolean;
  readonly ddl?: boolean;
}
export interface Commands {
  readonly start: (config: Config, flags: StartFlags) => Promise<Outcome>;
  readonly importFiles: (
    config: Config,
    feed: string,
    files: readonly string[],
    flags: ImportFlags,
  ) => Promise<Outcome>;
  readonly ingest: (config: Config, feed: string, path: string, flags: ImportFlags) => Promise<Outcome>;
  readonly simulate: (config: Config, flags: SimulateFlags) => Promise<Outcome>;
  readonly process: (config: Config) => Promise<Outcome>;
  readonly serve: (config: Config) => Promise<Outcome>;
  readonly replay: (config: Config, flags: { readonly json?: boolean }) => Promise<Outcome>;
  readonly sql: (config: Config, query: string | null, flags: SqlFlags) => Promise<Outcome>;
  readonly token: TokenCommands;
  readonly exports: ExportCommands;
  readonly privacy: PrivacyCommands;
  readonly doctor: (config: Config) => Promise<Outcome>;
}
export interface About {
  readonly version: string;
  readonly feeds: readonly string[];
}

/** Runs one command and gives the exit code. */
export const runCommandLine = async (about: About, commands: Commands): Promise<number> => {
  let exitCode = 0;
  const run = async (
    file: string | undefined,
    command: (config: Config) => Promise<Outcome>,
  ): Promise<void> => {
    exitCode = await runConfigured(file, command);
  };
  try {
    await program(about, commands, run).parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong; asking for help or the version is no error.
    return error.exitCode === 0 ? 0 : conclude(usage('see busyhour --help'));
  }
};

const runConfigured = async (
  file: string | undefined,
  command: (config: Config) => Promise<Outcome>,
): Promise<number> => {
  const loaded = loadConfig(process.env, file ?? null);
  if (loaded.status === 'invalid')
    return conclude(usage(`the configuration is wrong: ${loaded.faults.join('; ')}`));
  return conclude(await command(loaded.config).catch((error: unknown) => failed(messageOf(error))));
};

const number =
  (name: string) =>
  (value: string): number => {
    const parsed = Number(value);
    if (value.trim() !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed;
    throw new InvalidArgumentError(`${name} must be a number, 0 or more.`);
  };
const time = (value: string): number => {
  const parsed = Date.parse(value);
  if (!Number.isNaN(parsed)) return parsed;
  throw new InvalidArgumentError('a time such as 2026-03-01T08:00:00Z is needed.');
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

type Run = (file: string | undefined, command: (config: Config) => Promise<Outcome>) => Promise<void>;

const program = ({ version, feeds }: About, commands: Commands, run: Run): Command => {
  const root = new Command('busyhour')
    .description('Event-sourced analytics for telephone exchanges and contact centres')
    .version(version)
    .option('--config <file>', 'configuration file (default: busyhour.yaml, if there is one)')
    .exitOverride();
  const on = (command: (config: Config) => Promise<Outcome>): Promise<void> =>
    run(root.opts().config, command);
  const sourced = (command: Command): Command =>
    command
      .requiredOption('--source <id>', 'the ACD the data comes from')
      .option('--tenant <tenant>', 'whose it is', 'default');

  root
    .command('start')
    .description('everything in one process tree')
    .option('--demo', 'with the simulated centre')
    .option('--no-demo', 'without it')
    .action((flags: { demo?: boolean }, command: Command) =>
      on((config) => commands.start(config, command.getOptionValueSource('demo') === 'cli' ? flags : {})),
    );
  sourced(
    root
      .command('import')
      .argument('<feed>', `${feeds.join(', ')}; or schedule`)
      .argument('<files...>', 'plain, .gz, or - for standard input'),
  )
    .description('history in; importing a file again changes nothing')
    .option('--tz <zone>', 'time zone of local times in the input')
    .option('--map <file>', 'column map of call-records')
    .option('--aliases <file>', 'other spellings of agents')
    .option('--json', 'the summary as one JSON object')
    .action((feed: string, files: string[], flags: ImportFlags) =>
      on((config) => commands.importFiles(config, feed, files, flags)),
    );
  sourced(root.command('ingest').argument('<feed>', feeds.join(', ')).argument('<path>', 'the log to follow'))
    .description('a connector that resumes where it stopped')
    .option('--follow', 'until stopped (always so)')
    .option('--aliases <file>', 'other spellings of agents')
    .action((feed: string, path: string, flags: ImportFlags) =>
      on((config) => commands.ingest(config, feed, path, flags)),
    );
  root
    .command('process')
    .description('a processor worker (Kafka and an external ClickHouse)')
    .action(() => on(commands.process));
  root
    .command('serve')
    .description('the query API and wallboards (Kafka and an external ClickHouse)')
    .action(() => on(commands.serve));
  root
    .command('replay')
    .description('rebuilds every derived table from the log beside the old ones, then swaps')
    .option('--json', 'the summary as one JSON object')
    .action((flags: { json?: boolean }) => on((config) => commands.replay(config, flags)));
  root
    .command('simulate')
    .description('a simulated centre into the log, deterministic by seed')
    .option('--queues <n>', 'how many queues', number('--queues'), 6)
    .option('--agents <n>', 'how many agents', number('--agents'), 40)
    .option('--rate <cps>', 'calls a second at the busiest moment', number('--rate'))
    .option('--speed <x>', 'source time per real time; 0 = as fast as it goes', number('--speed'), 0)
    .option('--seed <s>', 'the same seed is the same centre', number('--seed'), 1)
    .option('--from <time>', 'when it begins (default: midnight, or now with a speed)', time)
    .option('--until <time>', 'when it ends (default: a day later)', time)
    .option('--source <id>', 'the ACD it plays', 'simulation')
    .option('--tenant <tenant>', 'whose it is', 'default')
    .option('--json', 'the summary as one JSON object')
    .action((flags: SimulateFlags) => on((config) => commands.simulate(config, flags)));
  root
    .command('sql')
    .description('ad-hoc SQL over the public views, read-only')
    .argument('[query]')
    .option('--format <name>', 'any ClickHouse output format', DEFAULT_SQL_FORMAT)
    .option('--param <name=value>', 'a value for {name:Type} in the query; may be repeated', collect, [])
    .option('--tenant <tenant>', 'whose rows (default: "default")')
    .option('--credentials', 'prints how a BI tool gets in as the tenant')
    .option('--ddl', 'prints the statements that make the tenant’s user on an external ClickHouse')
    .action((query: string | undefined, flags: SqlFlags) =>
      on((config) => commands.sql(config, query ?? null, flags)),
    );
  addTokenCommands(root, on, commands.token);
  addExportCommands(root, on, commands.exports);
  addPrivacyCommands(root, on, commands.privacy);
  root
    .command('doctor')
    .description('checks configuration, log, store, schemas')
    .action(() => on(commands.doctor));
  return root;
};
