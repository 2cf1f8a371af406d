import type { ParserDevice } from '../model/device.ts';
import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';
import { roundedConversion } from './number.ts';
import type { ReadingDraft } from './reading-draft.ts';

/** What reading a component needs besides its status. */
type ComponentContext = {
  channel: ParserDevice['channel'];
  /** Known to measure power: only then does a relay that is off mean 0 W. */
  metered: boolean;
  /** The last exported energy, for updates that carry the imported one alone. */
  returnedWh: number | null;
};

type Family = {
  /** The component that the values belong to; a data component belongs to its meter. */
  base: string;
  /** The name of the meter's methods: `<rpc>.GetStatus`. */
  rpc: string;
  /** The key whose number proves that the component measures power. */
  powerKey: string | null;
  read: (draft: ReadingDraft, status: JsonObject, context: ComponentContext) => void;
};

const WH = { unit: 'Wh' };
const MINUTE_MS = 60_000;

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['pm1', { base: 'pm1', rpc: 'PM1', powerKey: 'apower', read: readMeter }],
  ['switch', { base: 'switch', rpc: 'Switch', powerKey: 'apower', read: readMeter }],
  ['cover', { base: 'cover', rpc: 'Cover', powerKey: 'apower', read: readMeter }],
  ['light', { base: 'light', rpc: 'Light', powerKey: 'apower', read: readMeter }],
  ['em', { base: 'em', rpc: 'EM', powerKey: 'total_act_power', read: readThreePhase }],
  ['em1', { base: 'em1', rpc: 'EM1', powerKey: 'act_power', read: readOnePhase }],
  ['emdata', { base: 'em', rpc: 'EM', powerKey: null, read: readThreePhaseData }],
  ['em1data', { base: 'em1', rpc: 'EM1', powerKey: null, read: readOnePhaseData }],
]);

/** A component that can tell values, and the component they belong to: `emdata:0` belongs to `em:0`. */
export type Component = { family: Family; name: string };

/** Components by key. Only valid keys are kept, so it cannot grow beyond the families times 256. */
const components = new Map<string, Component>();

/** The component that a key or topic level names, or null when it is none that can tell values. */
export function componentOf(key: string): Component | null {
  const known = components.get(key);
  if (known) return known;
  const [, type = '', number] = /^([a-z0-9]+):(0|[1-9]\d{0,2})$/.exec(key) ?? [];
  const family = FAMILIES.get(type);
  if (!family || Number(number) > 255) return null;
  const component = { family, name: `${family.base}:${number}` };
  components.set(key, component);
  return component;
}

/** Whether this status proves that its component measures power. */
export function tellsPower({ family }: Component, status: JsonObject): boolean {
  return family.powerKey !== null && typeof status[family.powerKey] === 'number';
}

/** The exported energy that this status tells, Wh; null when it was taken away, undefined when untold. */
export function returnedWhOf(status: JsonObject): number | null | undefined {
  const returned = status.ret_aenergy;
  if (returned === undefined) return undefined;
  const total = isObject(returned) ? returned.total : null;
  return typeof total === 'number' && total >= 0 ? total : null;
}

/** pm1, switch, cover and light: one status with everything in it. */
function readMeter(draft: ReadingDraft, status: JsonObject, context: ComponentContext): void {
  draft.take('powerW', 'apower', status.apower);
  draft.take('voltageV', 'voltage', status.voltage);
  draft.take('currentA', 'current', status.current);
  draft.take('frequencyHz', 'freq', status.freq);
  draft.take('powerFactor', 'pf', status.pf);
  readMeterEnergy(draft, status, context.returnedWh);
  if (typeof status.output === 'boolean') {
    draft.takeRelay(status.output ? 'on' : 'off', context.metered && draft.isAbsent(status.apower));
  }
}

function readMeterEnergy(draft: ReadingDraft, status: JsonObject, knownReturnedWh: number | null): void {
  const { aenergy, ret_aenergy: returned } = status;
  if (isObject(returned)) draft.take('energyReturnedKwh', 'ret_aenergy.total', returned.total, WH);
  if (!isObject(aenergy)) return;
  const taken = draft.take('energyTotalKwh', 'aenergy.total', aenergy.total, WH);
  if (taken && (returned !== undefined || knownReturnedWh !== null)) {
    // Devices that meter both ways count the exported energy into `aenergy` as well.
    const { energyTotalKwh = 0, energyReturnedKwh } = draft.reading;
    const returnedKwh =
      returned === undefined ? roundedConversion((knownReturnedWh ?? 0) / 1000) : (energyReturnedKwh ?? 0);
    if (returnedKwh > 0)
      draft.reading.energyTotalKwh = roundedConversion(Math.max(0, energyTotalKwh - returnedKwh));
  }
  const { minute_ts: minute } = aenergy;
  if (typeof minute === 'number' && draft.reading.deviceTime === undefined) {
    draft.takeTime(minute * 1000, MINUTE_MS);
  }
}

/** em: three phases and their sum in one status. */
function readThreePhase(draft: ReadingDraft, status: JsonObject, { channel }: ComponentContext): void {
  const phase = phaseOf(channel);
  draft.take('powerW', `${phase}_act_power`, status[`${phase}_act_power`]);
  draft.take('currentA', `${phase}_current`, status[`${phase}_current`]);
  draft.take('apparentVa', `${phase}_aprt_power`, status[`${phase}_aprt_power`]);
  if (phase === 'total') return;
  draft.take('voltageV', `${phase}_voltage`, status[`${phase}_voltage`]);
  draft.take('frequencyHz', `${phase}_freq`, status[`${phase}_freq`]);
  draft.take('powerFactor', `${phase}_pf`, status[`${phase}_pf`]);
}

function readThreePhaseData(draft: ReadingDraft, status: JsonObject, { channel }: ComponentContext): void {
  const phase = phaseOf(channel);
  const imported = phase === 'total' ? 'total_act' : `${phase}_total_act_energy`;
  const exported = phase === 'total' ? 'total_act_ret' : `${phase}_total_act_ret_energy`;
  draft.take('energyTotalKwh', imported, status[imported], WH);
  draft.take('energyReturnedKwh', exported, status[exported], WH);
}

function readOnePhase(draft: ReadingDraft, status: JsonObject): void {
  draft.take('powerW', 'act_power', status.act_power);
  draft.take('voltageV', 'voltage', status.voltage);
  draft.take('currentA', 'current', status.current);
  draft.take('frequencyHz', 'freq', status.freq);
  draft.take('powerFactor', 'pf', status.pf);
  draft.take('apparentVa', 'aprt_power', status.aprt_power);
}

function readOnePhaseData(draft: ReadingDraft, status: JsonObject): void {
  draft.take('energyTotalKwh', 'total_act_energy', status.total_act_energy, WH);
  draft.take('energyReturnedKwh', 'total_act_ret_energy', status.total_act_ret_energy, WH);
}

function phaseOf(channel: ParserDevice['channel']): 'total' | 'a' | 'b' | 'c' {
  return typeof channel === 'string' ? channel : 'total';
}
