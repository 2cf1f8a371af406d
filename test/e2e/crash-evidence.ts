import assert from 'node:assert/strict';
import type { StandInOdoo } from '../../simulator/stand-in-odoo.ts';
import type { BridgeEvent } from '../../src/model/event.ts';
import { uuidV5 } from '../../src/model/ids.ts';
import type { CrashEvidence } from './crash-series.ts';
import { MACHINES, type OnPhase } from './machine-park.ts';
import type { StoredEvent } from './outbox-copy.ts';

/** A dated message counts as live up to the allowed skew, and then at its arrival. */
const DATING_TOLERANCE_MS = 350;

type EndEvent = Extract<BridgeEvent, { event_type: 'session_stopped' | 'session_timeout' }>;

const parsed = ({ body }: StoredEvent) => JSON.parse(body) as BridgeEvent;
const isEnd = (event: BridgeEvent): event is EndEvent =>
  event.event_type === 'session_stopped' || event.event_type === 'session_timeout';

/** The rows by device, in the order in which they were written. */
function byDevice(events: readonly StoredEvent[]): Map<string, StoredEvent[]> {
  return Map.groupBy(events, ({ deviceId }) => deviceId);
}

/** Every event that was ever in the outbox is with Odoo, and nothing else is. */
export function assertNothingLost({ odoo, store, everStored }: CrashEvidence): void {
  const received = new Set(odoo.events().map((event) => event.event_uid));
  const lost = [...everStored.keys()].filter((uid) => !received.has(uid));
  assert.deepEqual(lost, [], 'events that Odoo never got');
  const unknown = [...received].filter((uid) => !everStored.has(uid));
  assert.deepEqual(unknown, [], 'events that Odoo got and the outbox never held');
  assert.deepEqual(
    store.events.filter(({ state }) => state !== 'delivered'),
    [],
    'events that are not delivered',
  );
}

/** Every request with an event carries the very bytes of the outbox. @returns how many were repeats */
export function assertSameBytes(odoo: StandInOdoo, bodies: ReadonlyMap<string, { body: string }>): number {
  const seen = new Set<string>();
  let repeats = 0;
  for (const { body, parsed: content, headers } of odoo.received) {
    const uid = String((content as { event_uid?: unknown } | undefined)?.event_uid);
    assert.equal(body.toString(), bodies.get(uid)?.body, `body of ${uid}`);
    assert.equal(headers['idempotency-key'], uid);
    if (seen.has(uid)) repeats++;
    seen.add(uid);
  }
  return repeats;
}

/** Odoo got the events of each device in the order in which they were written, which is the order of their times. */
export function assertOrder(odoo: StandInOdoo, stored: readonly StoredEvent[]): void {
  const accepted = Map.groupBy(odoo.events(), (event) => String(event.device_id));
  for (const [deviceId, rows] of byDevice(stored)) {
    const got = (accepted.get(deviceId) ?? []).map((event) => event.event_uid);
    assert.deepEqual(
      got,
      rows.map(({ uid }) => uid),
      `order of ${deviceId}`,
    );
    for (const [i, row] of rows.entries()) {
      const before = rows[i - 1] ?? row;
      const isLater = parsed(row).ts >= parsed(before).ts;
      assert.ok(isLater, `${deviceId}: the second is older than the first:\n${before.body}\n${row.body}`);
    }
  }
}

/**
 * The numbers that ids are derived from go up by one: no fact is missing and none has two ids. Sessions of a
 * device follow one another, each with one start and one end.
 */
export function assertNumbers({ store }: CrashEvidence): { sessions: number; heartbeats: number } {
  let sessions = 0;
  let heartbeats = 0;
  for (const [deviceId, rows] of byDevice(store.events)) {
    const id = (...facts: (string | number)[]) =>
      uuidV5(store.installationId, JSON.stringify([deviceId, ...facts]));
    let session = 0;
    let beats = 0;
    let presence = 0;
    let open = false;
    for (const row of rows) {
      const event = parsed(row);
      const type = event.event_type;
      let facts: (string | number)[];
      if (type === 'device_online' || type === 'device_offline') facts = [type, ++presence];
      else if (type === 'session_started') {
        assert.equal(open, false, `${deviceId}: a second start without an end: ${row.body}`);
        open = true;
        beats = 0;
        facts = [type, ++session];
      } else {
        assert.equal(open, true, `${deviceId}: ${type} without a start: ${row.body}`);
        if (isEnd(event)) open = false;
        facts = isEnd(event) ? [type, session] : [type, session, ++beats];
        if (!isEnd(event)) heartbeats++;
      }
      assert.equal(event.event_uid, id(...facts), `${deviceId}: ${facts.join(' ')}`);
      if ('session_id' in event.payload) assert.equal(event.payload.session_id, id('session', session));
    }
    assert.equal(open, false, `${deviceId}: the last session has no end`);
    sessions += session;
  }
  return { sessions, heartbeats };
}

/** The sessions that the API lists are those that Odoo was told of, figure by figure. */
export function assertApiAgrees({ odoo, sessions }: CrashEvidence): void {
  const events = odoo.events() as unknown as BridgeEvent[];
  const told = events.filter(isEnd).map(({ device_id, payload }) => {
    const figures: Record<string, unknown> = Object.assign({ device_id, state: 'closed' }, payload);
    // What the events say besides.
    delete figures.power_w;
    delete figures.last_message_at;
    return [payload.session_id, figures] as const;
  });
  const listed = sessions.map((session) => [session.session_id, session] as const);
  assert.equal(listed.length, told.length);
  assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(told));
}

/** Every time a dated machine was on is one session, at its time. @returns how many */
export function assertDatedSessions({ park, store }: CrashEvidence): number {
  let count = 0;
  const ids = MACHINES.filter(({ family }) => family === 'dated').map(({ id }) => id);
  const rows = byDevice(store.events);
  for (const id of ids) {
    const found = (rows.get(id) ?? [])
      .map(parsed)
      .filter(isEnd)
      .map(({ payload }) => ({ onAt: Date.parse(payload.started_at), offAt: Date.parse(payload.ended_at) }));
    assertSamePhases(id, found, park.phasesOf(id));
    count += found.length;
  }
  return count;
}

function assertSamePhases(id: string, found: readonly OnPhase[], published: readonly OnPhase[]): void {
  const differs = (a: number | undefined, b: number) =>
    a === undefined || Math.abs(a - b) > DATING_TOLERANCE_MS;
  for (const [i, { onAt, offAt }] of published.entries()) {
    const session = found[i];
    if (!differs(session?.onAt, onAt) && !differs(session?.offAt, offAt)) continue;
    const show = (phase: OnPhase | undefined) =>
      phase && [phase.onAt, phase.offAt].map((ms) => new Date(ms).toISOString()).join(' to ');
    assert.fail(
      `${id}: on from ${show(published[i])}, session ${show(session)} (of ${found.length}, ${published.length} published)`,
    );
  }
  assert.equal(found.length, published.length, `${id}: more sessions than times it was on`);
}
