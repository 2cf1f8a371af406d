import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Server } from './deps.ts';
import { PAGE_HEADERS } from './page-headers.ts';

const DIST = join(import.meta.dirname, '..', '..', 'console', 'dist');
const INDEX = 'index.html';
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
/** Smaller ones are not worth it. */
const COMPRESSED_FROM_BYTES = 1024;
/** Names of assets hold a hash of what is in them. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const NOT_BUILT =
  '<!doctype html><title>IoT Bridge</title><p>The console is not built. Run: npm run build. The API is at /docs.</p>';

const compress = promisify(gzip);

type Asset = { type: string; content: Buffer; packed: Promise<Buffer> | null };

function assetsOf(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true }) as string[];
  } catch {
    names = [];
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const content = readFileSync(join(folder, name));
    assets.set(name.split(sep).join('/'), { type, content, packed: null });
  }
  if (!assets.has(INDEX)) {
    assets.set(INDEX, { type: 'text/html; charset=utf-8', content: Buffer.from(NOT_BUILT), packed: null });
  }
  return assets;
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  asset: Asset,
): Promise<Buffer> {
  void reply.headers(PAGE_HEADERS).type(asset.type);
  if (name !== INDEX) void reply.header('cache-control', FOR_EVER);
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (!takesGzip || asset.content.length < COMPRESSED_FROM_BYTES) return asset.content;
  asset.packed ??= compress(asset.content, { level: 9 });
  void reply.headers({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  return asset.packed;
}

/** Whether somebody looks for a page of the console: its paths are known to the browser only. */
export function isPage(request: FastifyRequest): boolean {
  const { method, url, headers } = request;
  return method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}

/** The console, built by `npm run build`; it holds no data: that comes from the API, with a login. */
export function createConsole(folder = DIST) {
  const assets = assetsOf(folder);
  const index = assets.get(INDEX) as Asset;
  return {
    routes(app: Server): void {
      const open = { config: { access: 'open' as const }, schema: { hide: true } };
      for (const [name, asset] of assets) {
        if (name === INDEX) continue;
        app.get(`/${name}`, { ...open, handler: (request, reply) => send(request, reply, name, asset) });
      }
      app.get('/', { ...open, handler: (request, reply) => send(request, reply, INDEX, index) });
    },
    page: (request: FastifyRequest, reply: FastifyReply) => send(request, reply.code(200), INDEX, index),
  };
}
