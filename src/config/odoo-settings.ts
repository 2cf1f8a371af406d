import type { FieldMap } from '../odoo/session-record.ts';
import type { VariableName, VariableValues } from './environment-variables.ts';
import type { Found } from './settings.ts';
import { warnOfShortToken } from './token-length.ts';

/** How events are delivered, and what that way needs. */
export type SinkSettings =
  | { kind: 'rest'; batch: boolean }
  /** `url` stands as it was written. */
  | { kind: 'webhook'; url: string; secret: string }
  | { kind: 'jsonrpc'; database: string; username: string; apiKey: string; model: string; fields: FieldMap };

export type OdooSettings = { baseUrl: string; apiKey?: string; database?: string; sink: SinkSettings };

/** What a sink cannot do without. */
const NEEDS = new Map<string, readonly VariableName[]>([
  ['webhook', ['ODOO_BASE_URL', 'WEBHOOK_SECRET']],
  ['jsonrpc', ['ODOO_BASE_URL', 'ODOO_DATABASE', 'ODOO_USERNAME', 'ODOO_API_KEY']],
]);
/** What only one sink looks at. */
const ONLY_OF: [name: VariableName, sink: SinkSettings['kind']][] = [
  ['ODOO_BATCH', 'rest'],
  ['WEBHOOK_SECRET', 'webhook'],
  ['ODOO_MODEL', 'jsonrpc'],
  ['ODOO_FIELDS', 'jsonrpc'],
];

/** What a webhook leaves out. The documents set ODOO_USERNAME with `rest` too, where it does no harm. */
const NOT_OF_WEBHOOK: readonly VariableName[] = ['ODOO_DATABASE', 'ODOO_USERNAME'];

/** Faults that the variables of Odoo make together. */
export function odooFaults(found: Found): string[] {
  const sink = found.get('ODOO_SINK')?.text.toLowerCase() ?? 'rest';
  const faults = (NEEDS.get(sink) ?? [])
    .filter((name) => !found.has(name))
    .map((name) => `ODOO_SINK: "${sink}" needs ${name}`);
  const url = found.get('ODOO_BASE_URL');
  if (sink !== 'webhook' && url?.text.includes('?')) {
    faults.push(`${url.foundAs}: the value has a query (?…), which only a webhook has`);
  }
  if (found.get('CONFIG_MODE')?.text.toLowerCase() === 'pull') {
    if (!url) faults.push('CONFIG_MODE: "pull" needs ODOO_BASE_URL');
    else if (sink !== 'rest') faults.push('CONFIG_MODE: "pull" needs ODOO_SINK=rest');
  }
  return faults;
}

/** Where Odoo is and how events get there; null without an address. */
export function assembleOdoo(values: VariableValues, found: Found, warnings: string[]): OdooSettings | null {
  const {
    ODOO_BASE_URL: url,
    ODOO_API_KEY: apiKey,
    ODOO_DATABASE: database,
    WEBHOOK_SECRET: secret,
  } = values;
  const unused = (name: VariableName, why: string) => {
    const foundAs = found.get(name)?.foundAs;
    if (foundAs) warnings.push(`${foundAs} has no effect ${why}`);
  };
  for (const [name, sink] of ONLY_OF) {
    if (values.ODOO_SINK !== sink) unused(name, `without ODOO_SINK=${sink}`);
  }
  if (values.ODOO_SINK === 'webhook') {
    for (const name of NOT_OF_WEBHOOK) unused(name, 'with ODOO_SINK=webhook');
  }
  if (url === undefined) {
    for (const name of ['ODOO_API_KEY', 'ODOO_DATABASE', 'ODOO_BATCH'] as const) {
      unused(name, 'without ODOO_BASE_URL');
    }
    return null;
  }
  warnOfShortToken('WEBHOOK_SECRET', secret, warnings);
  return {
    baseUrl: url.base,
    ...(apiKey !== undefined && { apiKey }),
    ...(database !== undefined && { database }),
    sink: sinkOf(values, url.exact),
  };
}

/** What is missing here was a fault of `odooFaults`. */
function sinkOf(values: VariableValues, exactUrl: string): SinkSettings {
  switch (values.ODOO_SINK) {
    case 'rest':
      return { kind: 'rest', batch: values.ODOO_BATCH === 'auto' };
    case 'webhook':
      return { kind: 'webhook', url: exactUrl, secret: values.WEBHOOK_SECRET ?? '' };
    case 'jsonrpc':
      return {
        kind: 'jsonrpc',
        database: values.ODOO_DATABASE ?? '',
        username: values.ODOO_USERNAME ?? '',
        apiKey: values.ODOO_API_KEY ?? '',
        model: values.ODOO_MODEL,
        fields: values.ODOO_FIELDS,
      };
  }
}
