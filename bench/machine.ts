import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

/** Processor time a process has used, user and system, ms; Linux counts it in steps of 10 ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process, MB: now, and the most it ever was. */
export function memoryMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** A clock that all processes of this machine share, ms. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The newest process of this name that this process has started. */
export function pidOfChild(name: string): number {
  const found = readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const [, command, rest] =
      /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
    return command === name && Number(rest) === process.pid;
  });
  return Math.max(...found.map(Number));
}
