import { existsSync, readFileSync, renameSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../model/device.ts';
import { isoTime } from '../platform/clock.ts';
import { isObject } from './findings.ts';
import { parseYaml } from './yaml-document.ts';

const HEADER = `# The configuration in force, written by iot-bridge: every accepted push replaces this file.
# It wins over the file of --config. JSON is YAML, and read a hundred times faster.
`;

type ActiveContent =
  | { status: 'absent' }
  | { status: 'ok'; input: unknown }
  | { status: 'corrupt'; reason: string };

/** The configuration in force on disk: `config-active.yaml` in `folder`. One process may use it. */
export function activeFile(folder: string) {
  const path = join(folder, 'config-active.yaml');
  return {
    path,

    /**
     * Replaces the file. When this resolves the new one is on disk; a crash at any instant leaves the old or
     * the new one whole.
     * @throws when it cannot be written; the old file is still there
     */
    async write(configuration: Configuration): Promise<{ path: string; bytes: number }> {
      const content = Buffer.from(serialise(configuration));
      const temporary = `${path}.tmp`;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        await writeDurably(temporary, content);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(folder);
      return { path, bytes: content.length };
    },

    read(): ActiveContent {
      if (!existsSync(path)) return { status: 'absent' };
      try {
        return parse(readFileSync(path, 'utf8'));
      } catch (error) {
        return { status: 'corrupt', reason: (error as Error).message };
      }
    },

    /** Renames the file to `.corrupt-<time>`, out of the way but not lost. Gives its new path. */
    setAside(nowMs: number): string {
      const aside = `${path}.corrupt-${isoTime(nowMs).replaceAll(/[:.]/g, '-')}`;
      renameSync(path, aside);
      return aside;
    },
  };
}

/** One device per line, so that people can search and compare it. */
function serialise({ devices, ...labels }: Configuration): string {
  const lines = devices.map((device) => JSON.stringify(device)).join(',\n');
  const head = Object.entries(labels).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  return `${HEADER}{\n${head.join('')}"devices": [\n${lines}\n]\n}\n`;
}

function parse(text: string): ActiveContent {
  let input: unknown;
  try {
    input = JSON.parse(text.replace(/^(#.*\n)*/, ''));
  } catch {
    // Somebody edited it by hand, as YAML.
    const document = parseYaml(text);
    if ('faults' in document) {
      const [fault] = document.faults;
      const place = `line ${fault?.place.line}, column ${fault?.place.column}`;
      return { status: 'corrupt', reason: `${place}: ${fault?.message}` };
    }
    input = document.value;
  }
  return isObject(input)
    ? { status: 'ok', input }
    : { status: 'corrupt', reason: 'it does not hold a configuration' };
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    // What an earlier crash left behind keeps its mode when it is opened again.
    await handle.chmod(0o600);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
