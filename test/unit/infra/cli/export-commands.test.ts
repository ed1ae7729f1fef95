import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addExportCommands } from '../../../../infra/cli/export-commands.ts';
import { Querystring } from '../../../../query-api/routes/intervals-schema.ts';

test('export intervals has a flag for every parameter of /v1/intervals', () => {
  const root = new Command();
  const never = () => Promise.reject(new Error('only its options are looked at'));
  addExportCommands(root, never, { intervals: never, contacts: never });
  const intervals = root.commands
    .find((command) => command.name() === 'export')
    ?.commands.find((command) => command.name() === 'intervals');
  const flags = intervals?.options.map(({ long }) => long) ?? [];
  const parameters = Object.keys(Querystring.properties);
  expect(flags).toEqual(
    expect.arrayContaining(parameters.map((parameter) => `--${parameter.replaceAll('_', '-')}`)),
  );
});
