/** What is wrong with a token asked for is said before anything is opened. */
import { expect, test } from 'vitest';
import { token } from '../../../../infra/commands/token.ts';
import { loadConfig } from '../../../../infra/config.ts';

const loaded = loadConfig({ BUSYHOUR_DATA_DIR: '/nowhere' });
const config = () => {
  if (loaded.status === 'invalid') throw new Error(loaded.faults.join('; '));
  return loaded.config;
};

test.each([
  [
    'a role that is none',
    { role: 'king' },
    '--role: "king" must be one of wallboard, planner, analyst, admin',
  ],
  ['no end', { expires: 'never' }, '--expires: "never" must be from 1m to a year, such as 12h or 90d'],
  ['an end too soon', { expires: '59s' }, '--expires: "59s" must be from 1m to a year, such as 12h or 90d'],
  ['an end too late', { expires: '367d' }, '--expires: "367d" must be from 1m to a year, such as 12h or 90d'],
  // Elsewhere a bare number is seconds.
  [
    'an end without a unit',
    { expires: '90' },
    '--expires: "90" must be from 1m to a year, such as 12h or 90d',
  ],
  [
    'an empty list of queues',
    { queues: ' , ' },
    '--queues: name at least one queue, or leave it out for all',
  ],
  ['no tenant', { tenant: '' }, '--tenant: a name of up to 200 characters is needed'],
  ['too long a name', { name: 'x'.repeat(201) }, '--name: up to 200 characters'],
])('%s is wrong usage', async (_, flags, message) => {
  const asked = { role: 'planner', tenant: 'default', expires: '90d', name: '', ...flags };
  expect(await token.create(config(), asked)).toEqual({ status: 'usage', message });
});
