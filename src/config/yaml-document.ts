import { isNode, LineCounter, parseDocument } from 'yaml';

/** Most uses of anchors, nested ones multiplied: many devices may share one, but a few lines must not become millions. */
const ALIASES_MAX = 1000;

/** Both from 1. */
type Place = { line: number; column: number };
type YamlDocument = {
  value: unknown;
  /** Where the value at `path` (`devices[3].mqtt_topic`) stands, or the nearest one above it. */
  locate(path: string): Place;
};
type YamlFault = { place: Place; message: string };

const START: Place = { line: 1, column: 1 };

/** Parses YAML 1.2 (and so JSON). Faults in it are values, with line and column from 1. */
export function parseYaml(text: string): YamlDocument | { faults: YamlFault[] } {
  const lines = new LineCounter();
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
    const problems = [...document.errors, ...document.warnings];
    if (problems.length > 0) {
      return { faults: problems.map(({ pos, message }) => ({ place: placeOf(pos[0]), message })) };
    }
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    const locate = (path: string) => {
      for (let keys = keysOf(path); keys.length > 0; keys = keys.slice(0, -1)) {
        const node = document.getIn(keys, true);
        if (isNode(node) && node.range) return placeOf(node.range[0]);
      }
      return START;
    };
    return { value, locate };
  } catch (error) {
    // Too many aliases, or nesting beyond the parser's stack: both have no place of their own.
    return { faults: [{ place: START, message: (error as Error).message }] };
  }
}

function keysOf(path: string): (string | number)[] {
  return Array.from(path.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([key, index]) =>
    index === undefined ? key : Number(index),
  );
}
