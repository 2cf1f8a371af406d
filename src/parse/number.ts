/** What a number measures; decides which units it may carry. */
export type Quantity =
  | 'power'
  | 'energy'
  | 'voltage'
  | 'current'
  | 'frequency'
  | 'apparent'
  | 'reactive'
  | 'ratio';

/** A unit as a fraction of the canonical one: value × times ÷ over. Kept apart so that 0.1 kW is 100 W exactly. */
type Scale = { times: number; over: number };

const one: Scale = { times: 1, over: 1 };
const times = (factor: number): Scale => ({ times: factor, over: 1 });
const over = (divisor: number): Scale => ({ times: 1, over: divisor });

/** Units by quantity, the canonical one first. Case matters: mW is not MW. */
const UNITS: Record<Quantity, ReadonlyMap<string, Scale>> = {
  power: new Map([
    ['W', one],
    ['kW', times(1000)],
    ['mW', over(1000)],
    ['MW', times(1_000_000)],
  ]),
  energy: new Map([
    ['kWh', one],
    ['Wh', over(1000)],
    ['MWh', times(1000)],
    ['J', over(3_600_000)],
    ['kJ', over(3600)],
    ['MJ', over(3.6)],
    ['Wmin', over(60_000)],
  ]),
  voltage: new Map([
    ['V', one],
    ['mV', over(1000)],
    ['kV', times(1000)],
  ]),
  current: new Map([
    ['A', one],
    ['mA', over(1000)],
  ]),
  frequency: new Map([['Hz', one]]),
  apparent: new Map([['VA', one]]),
  reactive: new Map([['var', one]]),
  ratio: new Map(),
};

/** Longer texts are no number; it also bounds the work of the pattern. */
const TEXT_LENGTH_MAX = 64;
const NUMBER_WITH_UNIT = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)$/i;

/** The units that `quantity` may be given in, the canonical one first. */
export function unitsOf(quantity: Quantity): string[] {
  return [...UNITS[quantity].keys()];
}

/**
 * Reads a number as devices write it: `120.5`, `"120.5"`, `" 120.5 W"`, `"1.2e2"`, with `decimalComma` also
 * `"120,5"`. A unit written beside the number wins over `unit`.
 * @param unit the unit a bare number is in; left out, the canonical one (W, kWh, V, A, Hz)
 * @returns the finite number in the canonical unit, or null for anything else (`nan`, `unavailable`, an
 *   unknown unit, a boolean, an object)
 */
export function toNumber(
  raw: unknown,
  quantity: Quantity,
  unit?: string,
  decimalComma = false,
): number | null {
  if (typeof raw === 'number') return scaled(raw, quantity, unit);
  if (typeof raw !== 'string' || raw.length > TEXT_LENGTH_MAX) return null;
  const text = raw.trim();
  const [, digits, suffix] = NUMBER_WITH_UNIT.exec(decimalComma ? text.replace(',', '.') : text) ?? [];
  if (digits === undefined) return null;
  return scaled(Number(digits), quantity, suffix || unit);
}

/** Removes the binary dust of a conversion, so that 256.325 Wh are 0.256325 kWh: nine decimals are kept. */
export function roundedConversion(value: number): number {
  return Math.abs(value) < 9e6 ? Math.round(value * 1e9) / 1e9 : value;
}

function scaled(value: number, quantity: Quantity, unit: string | undefined): number | null {
  let result = value;
  if (unit !== undefined) {
    const scale = UNITS[quantity].get(unit);
    if (!scale) return null;
    if (scale !== one) result = roundedConversion((value * scale.times) / scale.over);
  }
  return Number.isFinite(result) ? result : null;
}
