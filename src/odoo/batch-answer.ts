import type { BatchVerdict, Delivery } from '../model/delivery.ts';
import { isObject, messageIn } from './answer.ts';

/** Statuses of one event; anything else does not fit. */
const STATUSES = new Set(['ok', 'duplicate', 'error', 'held']);

/**
 * What the results of a batch say of each event.
 * @param json the body of a 200
 * @returns null when it does not fit the events that were sent: then nothing is known of any of them
 */
export function verdictsIn(json: unknown, sent: readonly Delivery[]): BatchVerdict[] | null {
  const results = isObject(json) && json.status === 'ok' ? json.results : null;
  if (!Array.isArray(results) || results.length !== sent.length) return null;
  const verdicts: BatchVerdict[] = [];
  const refusedDevices = new Set<string>();
  for (const [i, { uid, deviceId }] of sent.entries()) {
    const result: unknown = results[i];
    if (!isObject(result) || result.event_uid !== uid || !STATUSES.has(String(result.status))) return null;
    switch (result.status) {
      case 'error':
        refusedDevices.add(deviceId);
        verdicts.push({ status: 'refused', reason: `Odoo refused it: ${messageIn(result) || 'no message'}` });
        break;
      case 'held':
        // Held without a refusal before it would be sent again at once, for ever.
        if (!refusedDevices.has(deviceId)) return null;
        verdicts.push({ status: 'held' });
        break;
      default:
        verdicts.push({ status: 'delivered' });
    }
  }
  return verdicts;
}
