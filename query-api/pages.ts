/**
 * Serves the built pages. They are read into memory once, so that a running server keeps showing the version it began
 * with while a newer one is built beside it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem, sendProblem } from './problems.ts';

const DIST = join(import.meta.dirname, 'pages/dist');
/** The address of each page, and its file. */
const PAGES: Readonly<Record<string, string>> = {
  '/': '/wallboard/index.html',
  '/intervals': '/intervals/index.html',
  '/sql': '/sql/index.html',
};
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Names below /assets/ carry a hash of the content; all else may be another file tomorrow. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
}

const readAsset = (file: string, path: string): Asset | null => {
  const type = CONTENT_TYPES[extname(file)];
  if (type === undefined) return null;
  const body = readFileSync(file);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type, etag, caching: path.startsWith('/assets/') ? FOR_EVER : ASK_AGAIN };
};

/** Every file of the build by its path below it; empty where nothing has been built. */
const readPages = (): ReadonlyMap<string, Asset> => {
  const assets = new Map<string, Asset>();
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    const path = `/${relative(DIST, file).split(sep).join('/')}`;
    const asset = readAsset(file, path);
    if (asset !== null) assets.set(path, asset);
  }
  return assets;
};

export const PAGES_MISSING = 'the pages are not built: run "npm run build:pages" and start again';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The built pages, or null where nothing has been built. */
export const loadPages = (): ReadonlyMap<string, Asset> | null => {
  try {
    return readPages();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const send = (request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply => {
  reply.header('etag', asset.etag).header('cache-control', asset.caching);
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  return reply.type(asset.type).send(asset.body);
};

/** Routes for the pages and what they load. Where they are not built, their addresses say what to run. */
export const usePages = (app: FastifyInstance): void => {
  const assets = loadPages();
  const hidden = { schema: { hide: true } };
  for (const [address, path] of Object.entries(PAGES)) {
    app.get(address, hidden, async (request, reply) => {
      const page = assets?.get(path);
      if (page !== undefined) return send(request, reply, page);
      return sendProblem(reply, problem('unavailable', PAGES_MISSING));
    });
  }
  for (const [path, asset] of assets ?? []) {
    if (!path.endsWith('.html')) app.get(path, hidden, async (request, reply) => send(request, reply, asset));
  }
};
