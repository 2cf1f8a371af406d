import type { ParserDevice } from '../model/device.ts';
import type { JsonObject } from './json.ts';
import type { NumberField, ReadingDraft } from './reading-draft.ts';
import { suffixNamedBy } from './zigbee2mqtt-topics.ts';

/** What each socket or phase may measure for itself. */
const MEASURED: readonly [key: string, field: NumberField][] = [
  ['power', 'powerW'],
  ['energy', 'energyTotalKwh'],
  ['produced_energy', 'energyReturnedKwh'],
  ['current', 'currentA'],
  ['power_factor', 'powerFactor'],
  ['power_apparent', 'apparentVa'],
  ['power_reactive', 'reactiveVar'],
];
/** What comes from the mains: a socket without a value of its own has the device's. */
const SHARED: readonly [key: string, field: NumberField][] = [
  ['voltage', 'voltageV'],
  ['ac_frequency', 'frequencyHz'],
];
const KEYS: readonly string[] = ['state', ...MEASURED.map(([key]) => key), ...SHARED.map(([key]) => key)];

/** What is known of the machine's meter and relay. */
export type Circuit = {
  /** What follows the name of its power: '' or `_l1`; null while none was told. */
  meter: string | null;
  /** Its relay is off: then a power is left over from before. */
  relayOff: boolean;
};

/**
 * What follows the names of the machine's values, the best first: `power_l1` before `power`, which is then one
 * meter for all sockets. Without channel it is the plain name, else the first socket.
 */
export function suffixesOf({ mqttTopic, channel }: Pick<ParserDevice, 'mqttTopic' | 'channel'>): string[] {
  const named = suffixNamedBy(mqttTopic);
  if (typeof channel === 'number' && channel > 0) {
    const own = `_l${channel}`;
    return named === own ? [own] : [own, ''];
  }
  // Clamps with two phases say `power_a`, meters with three `power_phase_b`.
  if (channel === 'a' || channel === 'b' || channel === 'c') return [`_${channel}`, `_phase_${channel}`];
  return named === null ? ['', '_l1'] : [named];
}

/** The names that a value of the machine may have. */
export function namesOf(suffixes: readonly string[]): ReadonlySet<string> {
  return new Set(['', ...suffixes].flatMap((suffix) => KEYS.map((key) => `${key}${suffix}`)));
}

/**
 * Takes the machine's values into `draft`.
 * @returns what is known of the circuit now
 */
export function takeValues(
  draft: ReadingDraft,
  values: JsonObject,
  suffixes: readonly string[],
  circuit: Circuit,
): Circuit {
  const meter =
    suffixes.find((suffix) => suffix === circuit.meter || isTold(values[`power${suffix}`])) ?? null;
  const own = meter ?? suffixes[0] ?? '';
  for (const [key, field] of MEASURED) draft.take(field, `${key}${own}`, values[`${key}${own}`]);
  for (const [key, field] of SHARED) {
    const name = isTold(values[`${key}${own}`]) ? `${key}${own}` : key;
    draft.take(field, name, values[name]);
  }
  const relayOff = takeRelay(draft, values, suffixes, own) ?? circuit.relayOff;
  if (relayOff && draft.reading.powerW) {
    // Many plugs keep their last power and current when they are switched off, and each message repeats them.
    draft.reading.powerW = 0;
    delete draft.reading.currentA;
  }
  return { meter, relayOff };
}

/**
 * The relay: that of the socket, else that of the whole device. One socket of several behind a common meter
 * says nothing about the power.
 * @returns whether the meter is without power now; undefined when no relay was told
 */
function takeRelay(
  draft: ReadingDraft,
  values: JsonObject,
  suffixes: readonly string[],
  meter: string,
): boolean | undefined {
  const socket = suffixes[0] || meter;
  const suffix = [socket, ''].find((found) => isRelayState(values[`state${found}`]));
  if (suffix === undefined) return undefined;
  const isOn = values[`state${suffix}`] === 'ON';
  const isMetered = suffix === '' || suffix === meter;
  draft.takeRelay(isOn ? 'on' : 'off', isMetered);
  return !isOn && isMetered;
}

/** Covers and locks have a `state` too. */
function isRelayState(raw: unknown): boolean {
  return raw === 'ON' || raw === 'OFF';
}

function isTold(raw: unknown): boolean {
  return raw !== undefined && raw !== null;
}
