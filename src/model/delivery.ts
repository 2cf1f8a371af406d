/** One event on its way to Odoo: the bytes as they were written, and how often it was tried before. */
export type Delivery = {
  uid: string;
  deviceId: string;
  eventType: string;
  body: Uint8Array;
  attempts: number;
};

/**
 * What Odoo made of a delivery.
 * - delivered: Odoo has it.
 * - refused: Odoo answered and does not want this event.
 * - away: Odoo could not be asked; nothing is said about the event.
 */
export type Verdict =
  | { status: 'delivered' }
  | { status: 'refused'; reason: string }
  | { status: 'away'; reason: string; retryAfterMs?: number };

/** Of one event of a batch. held: Odoo is there and did not look at it; it goes again, as if it had not been sent. */
export type BatchVerdict = Verdict | { status: 'held' };

/** How much may go out in one batch; `bytes` of all bodies together. */
export type BatchLimit = { events: number; bytes: number };
