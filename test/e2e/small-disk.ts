import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningBridge, temporaryFolder } from './running-bridge.ts';

const PIECE = Buffer.alloc(4096);

/** A disk that can be full. */
export type SmallDisk = {
  /** A folder on it. */
  path: string;
  /** From now on nothing more can be written by `bridge`. */
  fill(bridge: RunningBridge): void;
  /** There is space again. */
  free(bridge: RunningBridge): void;
};

/** A file system of a few MiB; null when this process may not mount one. */
function mounted(t: TestContext): SmallDisk | null {
  const { path, remove } = temporaryFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', path]);
  t.after(() => {
    if (status === 0) execFileSync('umount', ['--lazy', path]);
    remove();
  });
  if (status !== 0) return null;
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      try {
        for (;;) writeFileSync(ballast, PIECE, { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(ballast),
  };
}

/** A limit on the size of files, which every user may lower for a process of his own, stands in for a full disk. */
function limited(t: TestContext): SmallDisk {
  const { path, remove } = temporaryFolder();
  t.after(remove);
  const limit = (bridge: RunningBridge, bytes: string) =>
    void execFileSync('prlimit', ['--pid', String(bridge.process.pid), `--fsize=${bytes}:unlimited`]);
  return {
    path,
    fill: (bridge) => limit(bridge, '1'),
    free: (bridge) => limit(bridge, 'unlimited'),
  };
}

/** The disks that can be had here: a limit for one process always, a small file system where one may be mounted. */
export function smallDisks(t: TestContext): SmallDisk[] {
  return [limited(t), mounted(t)].filter((disk) => disk !== null);
}
