import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { backlog } from './backlog.ts';
import { delivery } from './delivery.ts';
import { asText, type Table } from './figures.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { throughput } from './throughput.ts';

const USAGE = `npm run bench -- [--only throughput|memory|latency|delivery|backlog] [--seconds 4]

Measures the bridge on this machine, with a real Mosquitto, and prints tables. See docs/performance.md.
--only NAME     one measurement; may be given several times
--seconds S     length of one run of the throughput measurement
`;

const ROUNDS = 3;
const MEASUREMENTS: Record<string, (seconds: number) => Promise<Table>> = {
  throughput: (seconds) => throughput(seconds, ROUNDS),
  latency,
  delivery,
  backlog,
  memory,
};

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '4' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const seconds = Number(values.seconds);
if (!(seconds > 0 && seconds <= 60)) fail('--seconds must be a number from above 0 to 60');
const chosen = values.only ?? Object.keys(MEASUREMENTS);
for (const name of chosen) {
  if (!Object.hasOwn(MEASUREMENTS, name)) fail(`there is no measurement ${name}`);
}

process.stdout.write(`Node ${process.versions.node}, ${cpus().length} cores of ${cpus()[0]?.model}\n\n`);
for (const name of chosen) {
  const table = await MEASUREMENTS[name]?.(seconds);
  if (table) process.stdout.write(`${asText(table)}\n\n`);
}
