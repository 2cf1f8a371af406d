import type { DeliveryReport } from '../../../src/api/delivery.ts';

/** How it stands with the delivery; each has a sentence and what to do. */
export type Condition = 'no_odoo' | 'not_asked' | 'away' | 'refusing' | 'parked' | 'good';

/** What is to be said, the worst first. */
export function conditionsOf({ mode, odoo_reachable, last_error, parked }: DeliveryReport): Condition[] {
  const conditions: Condition[] = [];
  if (mode === null) conditions.push('no_odoo');
  else if (odoo_reachable === false) conditions.push('away');
  else if (odoo_reachable === null) conditions.push('not_asked');
  else if (last_error !== null) conditions.push('refusing');
  if (parked > 0) conditions.push('parked');
  return conditions.length === 0 ? ['good'] : conditions;
}
