/** What every command is told about the program and its clock. */
import { readFileSync } from 'node:fs';

export const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};
/** The only clock: everything below is given it. */
export const nowMs = Date.now;
