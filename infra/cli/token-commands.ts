/** `busyhour token …` on the command line: names and options. What they do is given. */
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Outcome } from './outcome.ts';

export interface TokenCreateFlags {
  readonly role: string;
  readonly tenant: string;
  /** By comma; left out = all of the tenant's. */
  readonly queues?: string;
  readonly expires: string;
  readonly name: string;
  readonly json?: boolean;
}
export interface TokenListFlags {
  readonly tenant?: string;
  readonly json?: boolean;
}
export interface TokenCommands {
  readonly create: (config: Config, flags: TokenCreateFlags) => Promise<Outcome>;
  readonly list: (config: Config, flags: TokenListFlags) => Promise<Outcome>;
  readonly revoke: (config: Config, id: string) => Promise<Outcome>;
}
type On = (command: (config: Config) => Promise<Outcome>) => Promise<void>;

export const addTokenCommands = (root: Command, on: On, commands: TokenCommands): void => {
  const token = root.command('token').description('tokens of the API: make, list, revoke');
  token
    .command('create')
    .description('prints a new token, this once')
    .requiredOption('--role <role>', 'wallboard, planner, analyst or admin')
    .option('--tenant <tenant>', 'whose data it may see', 'default')
    .option(
      '--queues <names>',
      'the only queues it may see, by comma; \\, is a comma within a name (default: all)',
    )
    .option('--expires <duration>', 'how long it is valid, such as 12h or 90d; a year at most', '90d')
    .option('--name <name>', 'what it is for', '')
    .option('--json', 'as one JSON object')
    .action((flags: TokenCreateFlags) => on((config) => commands.create(config, flags)));
  token
    .command('list')
    .description('the tokens there are, without their secrets')
    .option('--tenant <tenant>', 'of one tenant only')
    .option('--json', 'a JSON object a line')
    .action((flags: TokenListFlags) => on((config) => commands.list(config, flags)));
  token
    .command('revoke')
    .description('ends a token and its open sockets within seconds')
    .argument('<id>', 'as token list shows it')
    .action((id: string) => on((config) => commands.revoke(config, id)));
};
