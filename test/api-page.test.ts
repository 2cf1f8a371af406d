import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createTestApi } from '../src/api/test-api.ts';
import { apiPage, type OpenApi } from './api-page.ts';

const PAGE = new URL('../docs/API.md', import.meta.url);

async function description(): Promise<OpenApi> {
  const api = createTestApi();
  try {
    return (await api.app.inject('/openapi.json')).json();
  } finally {
    await api.stop();
  }
}

test('docs/API.md says what the OpenAPI description says (npm run docs writes it)', async () => {
  const wanted = apiPage(await description());
  if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, wanted);
  else assert.equal(readFileSync(PAGE, 'utf8'), wanted);
});

test('a route is told with its token, parameters, body and answers', () => {
  const page = apiPage({
    paths: {
      '/things/{id}': {
        patch: {
          summary: 'Change a thing',
          tags: ['things'],
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'dry', in: 'query', description: 'Only | try', schema: { enum: ['yes', 'no'] } },
          ],
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  required: ['name'],
                  properties: {
                    name: { type: 'string', description: 'What it is called' },
                    parts: {
                      type: 'array',
                      items: { properties: { size: { type: 'integer', default: 3 } } },
                    },
                  },
                },
              },
            },
          },
          responses: {
            200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
            403: {},
          },
        },
        get: {
          summary: 'A thing',
          tags: ['things'],
          security: [],
          responses: { 200: { content: { 'text/csv': {} } } },
        },
      },
    },
    components: {
      schemas: {
        ThingInput: { properties: {} },
        Thing: { properties: { at: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] } } },
      },
    },
  });
  const lines = [
    '| [things](#routes-things) | `PATCH /things/{id}`, `GET /things/{id}` |',
    '## Routes: things',
    '### PATCH /things/{id}',
    'Change a thing. Token: full.',
    '| `dry` | `yes`, `no` |  | Only \\| try |',
    '| `name` | text | yes | What it is called |',
    '| `parts[].size` | whole number |  | `3` when left out |',
    'Answers 200: [Thing](#thing). Faults: 403.',
    'A thing. Token: none.',
    'Answers 200: `text/csv`.',
    '### Thing',
    '`at`: time or null',
  ];
  assert.deepEqual(
    lines.filter((line) => !page.split('\n').includes(line)),
    [],
  );
  assert.doesNotMatch(page, /ThingInput/);
});
