import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unknownSettings } from './known-settings.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const stages = dockerfile.split(/^FROM /m).slice(1);
const last = stages.at(-1) ?? '';
const HEALTHCHECK = 'infra/docker/healthcheck.js';

describe('the Dockerfile', () => {
  it('names only settings that the configuration knows', () => {
    expect(unknownSettings(dockerfile + readFileSync(join(ROOT, HEALTHCHECK), 'utf8'))).toEqual([]);
  });

  it('installs in one stage what another runs, without the packages of development', () => {
    expect(stages).toHaveLength(3);
    expect(stages[0]).toMatch(/^RUN .* ci --omit=dev /m);
    expect(last).toContain('COPY --from=packages /app/node_modules');
    expect(last).not.toMatch(/^RUN .*npm/m);
  });

  it('builds the pages in a stage of its own, never from what lies built beside it', () => {
    expect(stages[1]).toMatch(/^RUN node query-api\/pages\/build\.ts$/m);
    expect(last).toContain('COPY --from=pages /app/query-api/pages/dist ./query-api/pages/dist');
    expect(readFileSync(join(ROOT, '.dockerignore'), 'utf8')).toContain('query-api/pages/dist*');
  });

  it('pins the Node that the tests run under', () => {
    const [, image] = /^ARG NODE_IMAGE=node:([\d.]+)-\w+-slim$/m.exec(dockerfile) ?? [];
    expect(image?.split('.')[0]).toBe(process.versions.node.split('.')[0]);
    expect(image).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('runs Node with the flags that the command line and npm start run it with', () => {
    const flagsIn = (text: string): readonly string[] => text.match(/--(v8|disable)[\w-]+=\w+/g) ?? [];
    const flags = flagsIn(readFileSync(join(ROOT, 'infra/bin/busyhour.js'), 'utf8'));
    expect(flags).toContain('--v8-pool-size=0');
    expect(flagsIn(last)).toEqual(flags);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(flagsIn(scripts.start)).toEqual(flags);
  });

  it('runs as somebody who is not root, and keeps data in a volume of theirs', () => {
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^VOLUME \/data$/m);
    expect(last).toContain('install -d -o node -g node -m 0700 /data');
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('ENTRYPOINT'));
  });

  it('takes no secret at build time', () => {
    expect(dockerfile).not.toMatch(/PASSWORD|TOKEN|SECRET|_KEY/);
    expect(readFileSync(join(ROOT, '.dockerignore'), 'utf8')).toMatch(/^\*$/m);
  });

  it('copies only what is there, and every part of the program', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    );
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(copied).toEqual(
      expect.arrayContaining(['main.ts', 'schemas', 'ingest', 'processors', 'query-api', 'infra']),
    );
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
    expect(copied.filter((path) => !ignored.includes(`!${path}\n`))).toEqual([]);
  });

  it('starts a check that is in the image', () => {
    expect(last).toContain(`/app/${HEALTHCHECK}`);
  });
});

const check = async (env: Record<string, string>): Promise<number | null> => {
  const child = spawn(process.execPath, [join(ROOT, HEALTHCHECK)], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
};

const withServer = async (status: number, work: (port: string) => Promise<void>): Promise<void> => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? status : 404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    await work(String(typeof address === 'object' ? address?.port : address));
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

describe('the health check', () => {
  it('passes where the API answers, or the metrics port of a worker', async () => {
    await withServer(200, async (port) => {
      expect(await check({ BUSYHOUR_PORT: port })).toBe(0);
      expect(await check({ BUSYHOUR_PORT: '1', BUSYHOUR_METRICS_PORT: port })).toBe(0);
    });
  });

  it('fails where it answers with a fault, or nothing listens', async () => {
    let freed = '';
    await withServer(503, async (port) => {
      freed = port;
      expect(await check({ BUSYHOUR_PORT: port })).toBe(1);
    });
    expect(await check({ BUSYHOUR_PORT: freed })).toBe(1);
  });
});
