/** `busyhour erase` and `busyhour reveal` on the command line: names and options. What they do is given. */
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Outcome } from './outcome.ts';

export interface EraseFlags {
  readonly tenant: string;
  readonly number?: string;
  readonly caller?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
export interface PrivacyCommands {
  readonly erase: (config: Config, flags: EraseFlags) => Promise<Outcome>;
  readonly reveal: (config: Config, caller: string, flags: { readonly tenant: string }) => Promise<Outcome>;
}
type On = (command: (config: Config) => Promise<Outcome>) => Promise<void>;

export const addPrivacyCommands = (root: Command, on: On, { erase, reveal }: PrivacyCommands): void => {
  root
    .command('erase')
    .description('makes a caller unlinkable in log, tables, dead letters and exports, for good')
    .option('--number <number>', 'the telephone number; - reads it from standard input')
    .option('--caller <pseudonym>', 'the pseudonym, where the number is not known')
    .option('--tenant <tenant>', 'whose caller', 'default')
    .option('--dry-run', 'only counts what there is')
    .option('--json', 'the summary as one JSON object')
    .action((flags: EraseFlags) => on((config) => erase(config, flags)));
  root
    .command('reveal')
    .description(
      'prints the number kept of a caller (BUSYHOUR_KEEP_NUMBERS), and notes that it was asked for',
    )
    .argument('<caller>', 'the pseudonym')
    .option('--tenant <tenant>', 'whose caller', 'default')
    .action((caller: string, flags: { tenant: string }) => on((config) => reveal(config, caller, flags)));
};
