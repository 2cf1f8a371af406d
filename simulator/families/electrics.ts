/** What a meter reads, noise included. */
export type Electrics = {
  powerW: number;
  voltageV: number;
  currentA: number;
  frequencyHz: number;
  powerFactor: number;
};

/** The largest deviation of a reading from the truth, as a share of it. */
export const POWER_NOISE = 0.02;
const MAINS_V = 230;
const MAINS_SWING_V = 2;
const MAINS_HZ = 50;
const MAINS_SWING_HZ = 0.03;
/** Electronics and idling motors shift the phase; from about this load on a machine is mostly resistive. */
const HALF_LOAD_W = 50;

/** `value` with so many decimals, as devices print it. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/**
 * What a meter on European mains reads while a machine draws `powerW`: the power within ±2 %, and a
 * voltage, current, frequency and power factor that agree with it.
 * @param random gives a number in [0, 1); three are taken
 */
export function measureElectrics(powerW: number, random: () => number): Electrics {
  const swing = () => random() * 2 - 1;
  const measuredW = powerW * (1 + POWER_NOISE * swing());
  const voltageV = MAINS_V + MAINS_SWING_V * swing();
  const powerFactor = 0.5 + (0.45 * powerW) / (powerW + HALF_LOAD_W);
  return {
    powerW: measuredW,
    voltageV,
    currentA: measuredW / voltageV / powerFactor,
    frequencyHz: MAINS_HZ + MAINS_SWING_HZ * swing(),
    powerFactor,
  };
}
