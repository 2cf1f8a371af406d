import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Ask, furnish } from './furnish.ts';
import { LISTS } from './resources.ts';

/**
 * Records the answers of a running demo for the fake bridge:
 *   npm run demo
 *   node console/fake-bridge/record.ts [http://localhost:8080]
 */
const BRIDGE = process.argv[2] ?? 'http://localhost:8080';
const FOLDER = join(import.meta.dirname, 'recorded');
/** What the demo was given has to arrive first. */
const SETTLE_MS = 3000;
const SETTLE_TRIES = 20;
const ITEMS_MAX = 30;

/** Where the ids of `/api/<resource>/{id}` are found: the list and the field. */
const IDS: Record<string, [list: string, field: string]> = {
  ...LISTS,
  '/api/sessions': ['sessions', 'session_id'],
  '/api/events': ['events', 'event_uid'],
  '/api/configurations': ['configurations', 'id'],
};
/** What the fake bridge makes by itself, what is no JSON, and the tokens. */
const LEFT_OUT = /\/(stream|readings|curves|token|metrics|history)$|\.(csv|jsonl)$|\/openapi\.json$/;
/** Asked for the sake of their ids: the machines' script tells them anew. */
const NOT_KEPT = /^\/api\/sessions(\/[^/]+)?$/;

type Answers = Map<string, unknown>;
type Paths = Record<string, Record<string, { parameters?: { name: string }[] }>>;

const ask: Ask = async (method, path, body) => {
  const response = await fetch(`${BRIDGE}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
};

/** The paths that `template` stands for. */
function pathsOf(template: string, answers: Answers): string[] {
  if (!template.includes('{')) return [template];
  const [parent = '', rest = ''] = template.split(/\/\{[^}]+\}/, 2);
  const [list, field] = IDS[parent] ?? [];
  const known = answers.get(parent) as Record<string, Record<string, unknown>[]> | undefined;
  if (!list || !field || rest.includes('{') || template.split('{').length > 2) return [];
  const ids = (known?.[list] ?? []).slice(0, ITEMS_MAX).map((one) => String(one[field]));
  return ids.map((id) => `${parent}/${encodeURIComponent(id)}${rest}`);
}

async function record(): Promise<Answers> {
  const { paths } = (await ask('GET', '/openapi.json')) as { paths: Paths };
  const answers: Answers = new Map();
  const templates = Object.keys(paths).filter((path) => paths[path]?.get && !LEFT_OUT.test(path));
  // Lists first: they tell the ids.
  for (const template of templates.toSorted((a, b) => a.split('{').length - b.split('{').length)) {
    const hasLimit = paths[template]?.get?.parameters?.some(({ name }) => name === 'limit') ?? false;
    for (const path of pathsOf(template, answers)) {
      const answer = await ask('GET', hasLimit ? `${path}?limit=${ITEMS_MAX}` : path).catch(
        (error: Error) => {
          process.stdout.write(`left out: ${error.message}\n`);
          return null;
        },
      );
      if (answer !== null) answers.set(path, answer);
    }
  }
  return answers;
}

/** `/api/devices/mill` belongs to `devices.json`. */
const fileOf = (path: string) => `${path.replace(/^\/api/, '').split('/')[1] ?? 'other'}.json`;

/** The demo's Odoo fails now and then: what is recorded is to show a bridge that is well, if it can be had. */
async function settle(): Promise<void> {
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    await wait(SETTLE_MS);
    if ((await ask('GET', '/health')).status === 'ok') return;
  }
}

await furnish(ask);
await settle();
const recordedAt = new Date().toISOString();
const answers = new Map([...(await record())].filter(([path]) => !NOT_KEPT.test(path)));
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const [file, some] of Map.groupBy(answers, ([path]) => fileOf(path))) {
  const text = JSON.stringify({ recorded_at: recordedAt, answers: Object.fromEntries(some) }, null, 2);
  writeFileSync(join(FOLDER, file), `${text}\n`);
}
process.stdout.write(
  `${answers.size} answers are in ${FOLDER}. Format them: npx biome check --write ${FOLDER}\n`,
);
