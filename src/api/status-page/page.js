// The status page: reads the API once a second and writes what it hears as text, never as HTML.

const POLL_MS = 1000;
const REQUEST_MS_MAX = 5000;
const MACHINES_MAX = 200;
const SESSIONS_MAX = 20;
const PARKED_MAX = 20;

const STATE_WORDS = {
  idle: 'Idle',
  starting: 'Starting',
  standby: 'Standby',
  working: 'Working',
  stopping: 'Stopping',
};
const STATUS_WORDS = { online: 'online', offline: 'offline', unknown: 'not heard yet' };
const REASON_WORDS = {
  normal: 'power off',
  timeout: 'silence',
  gap: 'gap in the data',
  device_removed: 'device removed',
};

const byId = (id) => document.getElementById(id);
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const clockTime = new Intl.DateTimeFormat(undefined, CLOCK);
const dayAndTime = new Intl.DateTimeFormat(undefined, { day: '2-digit', month: 'short', ...CLOCK });
const kwh = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const wholeWatts = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const smallWatts = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Writes only what changed: a screen reader then says only what changed. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Seconds as h:mm:ss. */
function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, '0');
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

function watts(power) {
  if (power === null) return '–';
  return Math.abs(power) < 100 ? smallWatts.format(power) : wholeWatts.format(power);
}

class HttpError extends Error {
  constructor(status, message, retryAfterS) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

async function call(path, options = {}) {
  const response = await fetch(path, { ...options, signal: AbortSignal.timeout(REQUEST_MS_MAX) });
  const body = await response.json();
  if (response.ok) return body;
  throw new HttpError(response.status, body.message, Number(response.headers.get('retry-after')) || 0);
}

/** Makes the children of `list` those of `items`, in their order; elements are kept by key, so nothing jumps. */
function fill(list, template, items, keyOf, write) {
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  for (const [i, item] of items.entries()) {
    const key = keyOf(item, i);
    let element = known.get(key);
    if (element) known.delete(key);
    else {
      element = template ? template.content.firstElementChild.cloneNode(true) : document.createElement('li');
      element.dataset.key = key;
    }
    write(element, item);
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  }
  for (const element of known.values()) element.remove();
}

function lamp(id, state, word, sentence) {
  const element = byId(id);
  element.dataset.lamp = state;
  setText(element.querySelector('.word'), word);
  setText(element.querySelector('.sentence'), sentence);
}

function showHealth(health) {
  setText(byId('version'), health.version);
  if (health.mqtt_connected) {
    const topics = health.subscriptions === 1 ? '1 topic' : `${health.subscriptions} topics`;
    lamp('lamp-mqtt', 'good', 'connected', `Listening to ${topics} for ${health.devices} devices.`);
  } else {
    lamp('lamp-mqtt', 'bad', 'not connected', 'No readings arrive. The bridge keeps trying.');
  }
  showOdoo(health);
  const { events_pending: waiting, events_parked: parked } = health;
  if (parked > 0)
    lamp('lamp-queue', 'bad', 'parked events', `${parked} refused by Odoo, ${waiting} waiting.`);
  else if (waiting > 0 && !health.odoo_reachable) {
    const what = waiting === 1 ? '1 event waits' : `${waiting} events wait`;
    lamp('lamp-queue', 'waiting', 'waiting', `${what} for Odoo.`);
  } else lamp('lamp-queue', 'good', 'flowing', waiting > 0 ? `${waiting} on the way.` : 'Nothing waits.');
  setText(byId('waiting'), String(waiting));
  setText(byId('parked'), String(parked));
  fill(byId('problems'), null, health.problems, (text) => text, setText);
  byId('problems-empty').hidden = health.problems.length > 0;
}

function showOdoo({ odoo_reachable: reachable }) {
  if (reachable) lamp('lamp-odoo', 'good', 'reachable', 'Odoo takes the events.');
  else if (reachable === false) lamp('lamp-odoo', 'bad', 'away', 'Events wait on disk until Odoo is back.');
  else lamp('lamp-odoo', 'unknown', 'not asked', 'No address is set, or no event was sent yet.');
}

function sessionLine({ session }) {
  if (!session) return 'no session';
  const since = clockTime.format(new Date(session.started_at));
  return `since ${since} · ${duration(session.duration_s)} · ${kwh.format(session.energy_kwh)} kWh`;
}

function writeTile(tile, machine) {
  tile.dataset.state = machine.state;
  tile.dataset.status = machine.status;
  const name = tile.querySelector('.name');
  setText(name, machine.machine_name);
  name.title = `${machine.machine_name} (${machine.device_id})`;
  setText(tile.querySelector('.status'), STATUS_WORDS[machine.status]);
  setText(tile.querySelector('.chip'), STATE_WORDS[machine.state]);
  setText(tile.querySelector('.value'), watts(machine.power_w));
  setText(tile.querySelector('.session'), sessionLine(machine));
  const found = machine.last_problem;
  const problem = tile.querySelector('.problem');
  const text = found
    ? `Fault ${clockTime.format(new Date(found.at))}: ${found.reason} · ${found.detail}`
    : '';
  setText(problem, text);
  problem.title = found ? `${found.topic}: ${found.reason} · ${found.detail}` : '';
}

function showMachines({ devices, total }) {
  setText(byId('machines-count'), total > devices.length ? `${devices.length} of ${total}` : String(total));
  byId('machines-empty').hidden = total > 0;
  fill(byId('machines'), byId('tile'), devices, (machine) => machine.device_id, writeTile);
}

function writeSession(row, session) {
  const cell = (name, text) => setText(row.querySelector(`.${name}`), text);
  const open = session.state === 'open';
  const seconds = open ? (Date.now() - Date.parse(session.started_at)) / 1000 : session.duration_s;
  cell('machine', session.machine_name);
  cell('start', dayAndTime.format(new Date(session.started_at)));
  cell('duration', duration(seconds));
  cell('energy', session.energy_kwh === null ? '–' : `${kwh.format(session.energy_kwh)} kWh`);
  cell('reason', open ? 'still running' : REASON_WORDS[session.reason]);
}

function showSessions({ sessions }) {
  byId('sessions-empty').hidden = sessions.length > 0;
  byId('sessions-table').hidden = sessions.length === 0;
  fill(byId('sessions'), byId('session-row'), sessions, (session) => session.session_id, writeSession);
}

function writeParked(row, event) {
  setText(row.querySelector('b'), event.event_type);
  setText(row.querySelector('.quiet'), `${event.device_id} · ${dayAndTime.format(new Date(event.ts))}`);
  setText(row.querySelector('.error'), event.last_error ?? '');
  const button = row.querySelector('button');
  button.dataset.path = `/api/events/${encodeURIComponent(event.event_uid)}/retry`;
  button.setAttribute('aria-label', `Send again: ${event.event_type} of ${event.device_id}`);
}

function showParked({ events }) {
  fill(byId('parked-events'), byId('parked-row'), events, (event) => event.event_uid, writeParked);
  byId('retry-all').hidden = events.length < 2;
}

async function sendAgain(button) {
  button.disabled = true;
  try {
    const { message } = await call(button.dataset.path, { method: 'POST' });
    setText(byId('queue-note'), message);
  } catch (error) {
    setText(byId('queue-note'), error instanceof HttpError ? error.message : 'The bridge did not answer.');
  } finally {
    button.disabled = false;
  }
}

function showLink(state, words) {
  byId('link').dataset.link = state;
  setText(byId('link'), words);
}

let timer = 0;
let polling = false;

function pollIn(delayMs) {
  clearTimeout(timer);
  if (!document.hidden && !byId('login').open) timer = setTimeout(poll, delayMs);
}

async function poll() {
  if (polling) return;
  polling = true;
  let delayMs = POLL_MS;
  try {
    showHealth(await call('/health'));
    const [machines, sessions, parked] = await Promise.all([
      call(`/api/devices?limit=${MACHINES_MAX}`),
      call(`/api/sessions?limit=${SESSIONS_MAX}`),
      call(`/api/events?state=parked&limit=${PARKED_MAX}`),
    ]);
    showMachines(machines);
    showSessions(sessions);
    showParked(parked);
    showLink('live', 'live');
  } catch (error) {
    if (error instanceof HttpError && error.status === 401) askForToken(error.message);
    else showLink('lost', error instanceof HttpError ? error.message : 'Connection lost. Trying again.');
    if (error instanceof HttpError) delayMs = Math.max(delayMs, error.retryAfterS * 1000);
  } finally {
    polling = false;
  }
  pollIn(delayMs);
}

function askForToken(message) {
  localStorage.removeItem('logged_in');
  byId('logout').hidden = true;
  showLink('waiting', 'log in to see more');
  setText(byId('login-note'), message);
  byId('login').showModal();
}

async function logIn(submit) {
  submit.preventDefault();
  try {
    await call('/api/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: byId('token').value.trim() }),
    });
    byId('token').value = '';
    localStorage.setItem('logged_in', 'yes');
    byId('logout').hidden = false;
    byId('login').close();
  } catch (error) {
    setText(byId('login-note'), error instanceof HttpError ? error.message : 'The bridge did not answer.');
  }
}

async function logOut() {
  try {
    await call('/api/logout', { method: 'POST' });
    location.reload();
  } catch {
    showLink('lost', 'Connection lost. Try to log out again.');
  }
}

byId('login-form').addEventListener('submit', logIn);
byId('login').addEventListener('close', () => pollIn(0));
byId('logout').addEventListener('click', logOut);
byId('logout').hidden = localStorage.getItem('logged_in') !== 'yes';
document.addEventListener('click', ({ target }) => {
  if (target.dataset.path) sendAgain(target);
});
document.addEventListener('visibilitychange', () => pollIn(0));
pollIn(0);
