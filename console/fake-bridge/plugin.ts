import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { answerTo } from './answers.ts';
import { type Item, Memory } from './memory.ts';
import { streamTo } from './stream.ts';

async function bodyOf(request: IncomingMessage): Promise<Item> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? {} : (JSON.parse(text) as Item);
}

async function answer(memory: Memory, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  if (url.pathname === '/api/stream') return streamTo(response, url, memory);
  const { status, body } = answerTo(memory, request.method ?? 'GET', url, await bodyOf(request), Date.now());
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A bridge of recorded answers and scripted machines inside of Vite, to work on the console alone. */
export function fakeBridge(paths: readonly string[]): Plugin {
  const patterns = paths.map((path) => new RegExp(path));
  return {
    name: 'fake-bridge',
    apply: 'serve',
    configureServer(server) {
      const memory = new Memory(Date.now());
      server.middlewares.use((request, response, next) => {
        const isOurs = patterns.some((pattern) => pattern.test(request.url ?? ''));
        if (!isOurs) return next();
        answer(memory, request, response).catch((error: Error) => {
          server.config.logger.error(`fake bridge: ${error.stack}`);
          response.destroy();
        });
      });
    },
  };
}
