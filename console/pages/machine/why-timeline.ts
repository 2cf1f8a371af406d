import type { SessionWhy } from '../../../src/model/session-why.ts';
import type { LanePiece } from '../../components/power-chart/lanes.tsx';

/** Something that happened, or was to happen; `word` is the key of its sentence. */
export type Entry = {
  key: string;
  lane: 'state' | 'deadline' | 'event' | 'delivery';
  fromMs: number;
  /** null: an instant. */
  toMs: number | null;
  tone: LanePiece['tone'];
  word: string;
  /** What stands in the sentence: of the glossary, or as Odoo said it. */
  name: string;
  detail: string | null;
};

const TONES: Record<string, LanePiece['tone']> = { standby: 'standby', working: 'working', idle: 'quiet' };

function states({ transitions, to }: SessionWhy): Entry[] {
  return transitions.map(({ at, state }, i) => ({
    key: `state ${i}`,
    lane: 'state',
    fromMs: Date.parse(at),
    toMs: Date.parse(transitions[i + 1]?.at ?? to),
    tone: TONES[state] ?? 'plain',
    word: 'why_state',
    name: state,
    detail: null,
  }));
}

function deadlines(why: SessionWhy): Entry[] {
  return why.deadlines.map(({ kind, set_at, due_at, outcome }, i) => ({
    key: `deadline ${i}`,
    lane: 'deadline',
    fromMs: Date.parse(set_at),
    toMs: Date.parse(due_at),
    tone: outcome === 'withdrawn' ? 'quiet' : 'plain',
    word: `why_${kind}_${outcome}`,
    name: String((Date.parse(due_at) - Date.parse(set_at)) / 1000),
    detail: null,
  }));
}

function events(why: SessionWhy): Entry[] {
  return why.events.map(({ event_uid, type, ts }) => ({
    key: `event ${event_uid}`,
    lane: 'event',
    fromMs: Date.parse(ts),
    toMs: null,
    tone: 'plain',
    word: 'why_event',
    name: type,
    detail: null,
  }));
}

function deliveries(why: SessionWhy): Entry[] {
  return why.events.map(({ event_uid, type, state, attempts, last_error, created_at, settled_at }) => ({
    key: `delivery ${event_uid}`,
    lane: 'delivery',
    fromMs: Date.parse(settled_at ?? created_at),
    toMs: null,
    tone: state === 'parked' ? 'bad' : state === 'pending' ? 'quiet' : 'plain',
    word: attempts > 1 ? `why_${state}_tries` : `why_${state}`,
    name: type,
    detail: last_error,
  }));
}

/** Everything that made a session what it is, oldest first. */
export function timelineOf(why: SessionWhy): Entry[] {
  const all = [...states(why), ...deadlines(why), ...events(why), ...deliveries(why)];
  return all.sort((a, b) => a.fromMs - b.fromMs);
}

/** How many tries an event took, by the key of its delivery. */
export function triesOf({ events: all }: SessionWhy): ReadonlyMap<string, number> {
  return new Map(all.map(({ event_uid, attempts }) => [`delivery ${event_uid}`, attempts]));
}
