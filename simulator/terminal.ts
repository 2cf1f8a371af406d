import { realClock } from './clock.ts';
import type { SimulatorIo } from './command.ts';

const CLEAR_LINE = '\r\u001B[2K';

/** The terminal of this process: what `iot-bridge simulate` runs with. */
export function terminalIo(): SimulatorIo {
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    ...(process.stdout.isTTY ? { rewrite: (text) => process.stdout.write(`${CLEAR_LINE}${text}`) } : {}),
    clock: realClock(),
    random: Math.random,
  };
}
