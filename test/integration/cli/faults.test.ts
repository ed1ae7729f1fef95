import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyhour, type DataDir, makeDataDir } from '../../support/cli.ts';

let data: DataDir;
beforeAll(() => {
  data = makeDataDir();
});
afterAll(() => data.remove());

const QUEUE_LOG = join(import.meta.dirname, '../../fixtures/asterisk22/queue_log');
const importing = (...args: string[]): string[] => ['import', ...args, '--source', 'x'];

describe('what a user gets wrong is one clear line and exit code 2', () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    [
      'an unknown feed',
      importing('avaya', QUEUE_LOG),
      {},
      /^busyhour: unknown feed "avaya": this version has asterisk-queue-log, call-records, events\n$/,
    ],
    [
      'a file that is not there',
      importing('asterisk-queue-log', 'nowhere'),
      {},
      /^busyhour: nowhere: there is no such file\n$/,
    ],
    [
      'a directory',
      importing('asterisk-queue-log', '.'),
      {},
      /^busyhour: \. is a directory: name the files in it\n$/,
    ],
    [
      'a wrong zone',
      importing('asterisk-queue-log', QUEUE_LOG, '--tz', 'Mars/Olympus'),
      {},
      /^busyhour: "Mars\/Olympus" is no time zone/,
    ],
    [
      'call records without a map',
      importing('call-records', QUEUE_LOG),
      {},
      /^busyhour: call-records needs --map FILE\.yaml/,
    ],
    [
      'a map that is not there',
      importing('call-records', QUEUE_LOG, '--map', 'no.yaml'),
      {},
      /^busyhour: no\.yaml: .*no such file/,
    ],
    [
      'a broken setting',
      ['doctor'],
      { BUSYHOUR_PORT: 'http' },
      /^busyhour: the configuration is wrong: BUSYHOUR_PORT: "http" is no port \(0 to 65535\)\n$/,
    ],
    [
      'a format ClickHouse does not have the name of',
      ['sql', 'SELECT 1', '--format', 'a b'],
      {},
      /^busyhour: "a b" is no ClickHouse format/,
    ],
  ])('%s', async (_name, args, env, line) => {
    const { code, stderr } = await busyhour(data.path, args, env);
    expect(stderr).toMatch(line);
    expect(code).toBe(2);
  });

  it('an unknown command or a missing option', async () => {
    expect((await busyhour(data.path, ['improt'])).code).toBe(2);
    const { code, stderr } = await busyhour(data.path, ['import', 'asterisk-queue-log', QUEUE_LOG]);
    expect(code).toBe(2);
    expect(stderr).toContain("required option '--source <id>'");
  });

  it('help and version are no errors', async () => {
    const { code, stdout } = await busyhour(data.path, ['--help']);
    expect(code).toBe(0);
    for (const command of ['start', 'import', 'ingest', 'simulate', 'sql', 'doctor'])
      expect(stdout).toContain(command);
    expect((await busyhour(data.path, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

it('the default directory, ./data, is where the command was given', async () => {
  const fresh = makeDataDir();
  const { code, stdout, stderr } = await busyhour(fresh.path, ['doctor'], { BUSYHOUR_DATA_DIR: './data' });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`free in ${join(fresh.path, 'data')}`);
  fresh.remove();
});

describe('what breaks is one clear line and exit code 1', () => {
  it('a port that is taken, of the API and of ClickHouse', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => holder.once('listening', done));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const api = await busyhour(data.path, ['start', '--no-demo'], { BUSYHOUR_PORT: port });
    expect(api.stderr).toMatch(/^busyhour: listen EADDRINUSE.*: the port is taken: .*BUSYHOUR_PORT\n$/);
    expect(api.code).toBe(1);
    const store = await busyhour(data.path, ['start', '--no-demo'], { BUSYHOUR_CLICKHOUSE_HTTP_PORT: port });
    expect(store.stderr).toMatch(/^busyhour: ClickHouse's port \d+ on 127\.0\.0\.1 is taken: .*\n$/);
    expect(store.code).toBe(1);
    await new Promise((done) => holder.close(done));
  });

  it('a log that is no log', async () => {
    const other = makeDataDir();
    mkdirSync(join(other.path, 'data'));
    writeFileSync(
      join(other.path, 'data', 'log.sqlite'),
      'this is not a database, whatever its name says'.repeat(100),
    );
    const { code, stderr } = await busyhour(other.path, ['doctor']);
    expect(stderr).toMatch(/^busyhour: log .*log\.sqlite: it is no Busyhour log.*\n$/);
    expect(code).toBe(1);
    other.remove();
  });

  it('a broken file of settings, each fault named', async () => {
    const file = join(data.path, 'broken.yaml');
    writeFileSync(file, 'prot: 80\nauth: maybe\n');
    const { code, stderr } = await busyhour(data.path, ['--config', file, 'doctor']);
    expect(stderr).toMatch(/unknown setting "prot".*; BUSYHOUR_AUTH: "maybe" must be one of token, off\n$/);
    expect(code).toBe(2);
  });
});
