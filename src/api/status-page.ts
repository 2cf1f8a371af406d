import { readFile } from 'node:fs/promises';
import type { Server } from './deps.ts';
import { PAGE_HEADERS } from './page-headers.ts';

const CSS = 'text/css; charset=utf-8';
const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/status-page/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/status-page/theme.css', file: 'theme.css', type: CSS },
  { url: '/status-page/style.css', file: 'style.css', type: CSS },
  { url: '/status-page/lists.css', file: 'lists.css', type: CSS },
];

/** `/`: one page that shows how things stand. It holds no data: that comes from the API, with a login. */
export async function statusPageRoutes(app: Server): Promise<void> {
  for (const { url, file, type } of FILES) {
    const content = await readFile(new URL(`status-page/${file}`, import.meta.url));
    app.get(url, {
      config: { access: 'open' },
      schema: { hide: true },
      handler: (_request, reply) => reply.headers(PAGE_HEADERS).type(type).send(content),
    });
  }
}
