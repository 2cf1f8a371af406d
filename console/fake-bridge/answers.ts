import { type Answer, changed, refused } from './changes.ts';
import { devicesNow, filtered } from './lists.ts';
import { foundSessions, liveAnswer, liveMachine } from './live-answers.ts';
import type { Item, Memory } from './memory.ts';

/** What other thresholds would have given: the same sessions. */
function replayed(memory: Memory, deviceId: string, body: Item, nowMs: number): Item {
  const query = new URLSearchParams({ device_id: deviceId, from: String(body.from), to: String(body.to) });
  const sessions = foundSessions(memory, query, nowMs).toReversed();
  const sum = (field: string) => sessions.reduce((total, one) => total + Number(one[field]), 0);
  const totals = { sessions: sessions.length, duration_s: sum('duration_s'), energy_kwh: sum('energy_kwh') };
  return {
    from: body.from,
    to: body.to,
    partial: false,
    readings: 1000,
    late_messages: 0,
    before: totals,
    after: totals,
    changes: { same: sessions.length, changed: 0, new: 0, lost: 0 },
    sessions: sessions.map((one) => Object.assign(one, { change: 'same', former: null })),
    lost: [],
    transitions: [],
    truncated: false,
  };
}

function deviceAnswer(memory: Memory, id: string, nowMs: number): Answer {
  const device = memory.one('/api/devices', id);
  if (!device) return refused(404, 'There is no device with this id');
  const machine = memory.machines().find(({ deviceId }) => deviceId === id);
  return { status: 200, body: { ...device, ...(machine && liveMachine(machine, nowMs)) } };
}

/** The recorded answer to a GET with what the machines do now. */
function read(memory: Memory, url: URL, nowMs: number): Answer {
  const { pathname: path, searchParams: query } = url;
  const live = liveAnswer(memory, url, nowMs);
  if (live) return { status: 200, body: live };
  if (path === '/api/devices') {
    const answer = {
      ...memory.answer(path),
      devices: devicesNow(memory, nowMs),
      limit: 0,
      offset: 0,
      total: 0,
    };
    return { status: 200, body: filtered(answer, query) };
  }
  if (path === '/api/approvals') {
    const waiting = devicesNow(memory, nowMs).filter(({ approval }) => approval === 'pending');
    return { status: 200, body: { devices: waiting, total: waiting.length } };
  }
  const [, id] = /^\/api\/devices\/([^/]+)$/.exec(path) ?? [];
  if (id !== undefined) return deviceAnswer(memory, decodeURIComponent(id), nowMs);
  const found = memory.answer(path) ?? memory.likeAnswer(path);
  if (!found)
    return refused(404, `The fake bridge has no answer for ${path}: see console/fake-bridge/record.ts`);
  if (path === '/api/discovery') {
    const scans = (found.scans as Item[]).filter(({ until }) => Date.parse(String(until)) > nowMs);
    return { status: 200, body: { ...filtered(found, query), scans } };
  }
  return { status: 200, body: filtered(found, query) };
}

/** What the fake bridge says to a request. */
export function answerTo(memory: Memory, method: string, url: URL, body: Item, nowMs: number): Answer {
  const [, replay] = /^\/api\/devices\/([^/]+)\/replay$/.exec(url.pathname) ?? [];
  if (replay !== undefined) {
    return { status: 200, body: replayed(memory, decodeURIComponent(replay), body, nowMs) };
  }
  return changed(method, url.pathname, body, memory, nowMs) ?? read(memory, url, nowMs);
}
