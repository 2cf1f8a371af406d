/** The part of a JSON Schema that the bridge's OpenAPI description uses. */
type Schema = {
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  $ref?: string;
};
type Content = Record<string, { schema?: Schema }>;
type Operation = {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description?: string; content?: Content }>;
};
/** An OpenAPI 3.1 description as `/openapi.json` gives it. */
export type OpenApi = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** Deeper ones are described where they are explained, not listed. */
const DEPTH_MAX = 2;
const NAMES: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
  array: 'list',
};
const FORMATS: Record<string, string> = { 'date-time': 'time', uuid: 'UUID', uri: 'URL' };

const code = (value: unknown) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;
const referred = (schema: Schema) => schema.$ref?.split('/').at(-1);

function table(head: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : [row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}

function typeOf(schema: Schema): string {
  const name = referred(schema);
  if (name !== undefined) return `[${name}](#${name.toLowerCase()})`;
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (Array.isArray(schema.type)) return schema.type.map((type) => NAMES[type] ?? type).join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.format && FORMATS[schema.format]) return FORMATS[schema.format] ?? '';
  return NAMES[schema.type ?? ''] ?? schema.type ?? 'anything';
}

/** The object whose fields are listed under a field: its own, or that of the entries of a list. */
function inner(schema: Schema): { object: Schema; mark: string } | null {
  if (schema.properties) return { object: schema, mark: '' };
  if (schema.items?.properties) return { object: schema.items, mark: '[]' };
  const choice = schema.anyOf?.find(({ properties, items }) => properties ?? items?.properties);
  return choice ? inner(choice) : null;
}

function fieldRows(schema: Schema, isSent: boolean, prefix = '', depth = 1): string[][] {
  const fields = inner(schema)?.object ?? schema;
  const rows: string[][] = [];
  for (const [name, field] of Object.entries(fields.properties ?? {})) {
    const needed = fields.required?.includes(name) ? 'yes' : '';
    const standard = field.default === undefined ? '' : `${code(field.default)} when left out`;
    const meaning = [field.description, standard].filter(Boolean).join('; ');
    rows.push([code(prefix + name), typeOf(field), ...(isSent ? [needed] : []), meaning]);
    const below = depth < DEPTH_MAX ? inner(field) : null;
    const path = `${prefix}${name}${below?.mark ?? ''}.`;
    if (below) rows.push(...fieldRows(below.object, isSent, path, depth + 1));
  }
  return rows;
}

const SENT = ['field', 'type', 'needed', 'meaning'];
const TOLD = ['field', 'type', 'meaning'];

function tokenOf({ security, responses }: Operation): string {
  if (security?.length === 0) return 'none';
  if (security?.some((way) => Object.keys(way).length === 0)) return 'optional';
  return responses['403'] ? 'full' : 'view';
}

function parameterRows(operation: Operation): string[][] {
  return (operation.parameters ?? [])
    .filter((parameter) => parameter.in !== 'path' || parameter.description !== undefined)
    .map(({ name, required, description, schema }) => [
      code(name),
      typeOf(schema ?? {}),
      required ? 'yes' : '',
      description ?? '',
    ]);
}

/** Fields that need no explanation stand in one line. */
function answerFields(rows: string[][]): string[] {
  const isPlain = rows.every(([, , meaning]) => meaning === '');
  return isPlain ? [rows.map(([name, type]) => `${name}: ${type}`).join('; '), ''] : table(TOLD, rows);
}

function answerLines({ responses }: Operation): string[] {
  const statuses = Object.keys(responses);
  const done = statuses.find((status) => status.startsWith('2')) ?? '200';
  const [[type, { schema }] = ['', {}]] = Object.entries(responses[done]?.content ?? {});
  const faults = statuses.filter((status) => status !== done).join(', ');
  const isJson = type === 'application/json' && schema !== undefined;
  const rows = isJson && !schema.$ref ? fieldRows(schema, false) : [];
  const answer = isJson ? typeOf(schema) : code(type);
  const lines = [`Answers ${done}: ${answer}.${faults ? ` Faults: ${faults}.` : ''}`, ''];
  return rows.length > 0 ? [...lines, ...answerFields(rows)] : lines;
}

function routeLines(method: string, path: string, operation: Operation): string[] {
  const body = operation.requestBody?.content['application/json']?.schema;
  const words = [operation.summary, operation.description].map((text) => text?.replace(/\.?$/, '.'));
  const rows = body ? fieldRows(body, true) : [];
  return [
    `### ${method.toUpperCase()} ${path}`,
    '',
    [...words, `Token: ${tokenOf(operation)}.`].filter(Boolean).join(' '),
    '',
    ...table(['parameter', ...SENT.slice(1)], parameterRows(operation)),
    ...(body ? ['Body:', '', ...(rows.length > 0 ? table(SENT, rows) : [`${typeOf(body)}.`, ''])] : []),
    ...answerLines(operation),
  ];
}

const INTRODUCTION = `# API

Every route with its fields, made from the bridge's own description (\`/openapi.json\`) by \`npm run docs\`. How to use them,
with examples: [http-api.md](http-api.md), which also says what the statuses of faults mean; their body is
[Fault](#fault). The fields of a device are explained in [configuration.md](configuration.md). \`/api/mqtt/…\` of a bridge
with \`BROKER_HOOK_TOKEN\` is in [own-broker.md](own-broker.md).

*Token* says which one a route asks for: \`none\`, \`view\` (the full or the view token), \`full\`, or \`optional\`.
`;

/** The page docs/API.md: per route its method, path, token, parameters, body and answers, then the shapes they share. */
export function apiPage({ paths, components }: OpenApi): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const tags = [...new Set(routes.map(({ operation }) => operation.tags?.[0] ?? 'other'))];
  const ofTag = (tag: string) => routes.filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag);
  const index = tags.map((tag) => [
    `[${tag}](#routes-${tag})`,
    ofTag(tag)
      .map(({ method, path }) => code(`${method.toUpperCase()} ${path}`))
      .join(', '),
  ]);
  const lines = [INTRODUCTION, ...table(['', 'routes'], index)];
  for (const tag of tags) {
    lines.push(`## Routes: ${tag}`, '');
    for (const { method, path, operation } of ofTag(tag)) lines.push(...routeLines(method, path, operation));
  }
  lines.push('## Shapes', '');
  for (const [name, schema] of Object.entries(components.schemas)) {
    if (name.endsWith('Input')) continue;
    lines.push(`### ${name}`, '');
    if (schema.description) lines.push(`${schema.description}.`, '');
    lines.push(...answerFields(fieldRows(schema, false)));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
