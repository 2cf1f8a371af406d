import { isoTime } from '../platform/clock.ts';
import type { LaneHead, Settlement } from '../store/outbox.ts';

/** What Odoo said to one try; `away`: it could not be asked. */
export type OdooAnswer = {
  at: string;
  event_uid: string;
  event_type: string;
  device_id: string;
  outcome: Settlement['outcome'];
  /** null: Odoo has taken the event. */
  reason: string | null;
};

const DELIVERED_MAX = 5;
const OTHERS_MAX = 20;

/** The newest answers. Those that tell of trouble are kept longer: a second of heartbeats would hide them. */
export class RecentAnswers {
  #delivered: OdooAnswer[] = [];
  #others: OdooAnswer[] = [];

  note(
    { uid, eventType, deviceId }: Pick<LaneHead, 'uid' | 'eventType' | 'deviceId'>,
    settlement: Settlement,
    atMs: number,
  ): void {
    const answer: OdooAnswer = {
      at: isoTime(atMs),
      event_uid: uid,
      event_type: eventType,
      device_id: deviceId,
      outcome: settlement.outcome,
      reason: settlement.outcome === 'delivered' ? null : settlement.reason,
    };
    if (settlement.outcome === 'delivered')
      this.#delivered = [answer, ...this.#delivered.slice(0, DELIVERED_MAX - 1)];
    else this.#others = [answer, ...this.#others.slice(0, OTHERS_MAX - 1)];
  }

  /** Newest first. */
  list(): OdooAnswer[] {
    return [...this.#delivered, ...this.#others].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  }
}
