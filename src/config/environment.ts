import { readFileSync, statSync } from 'node:fs';
import {
  VARIABLE_NAMES,
  VARIABLES,
  type Variable,
  type VariableName,
  type VariableValues,
} from './environment-variables.ts';
import { assembleSettings, combinationFaults, type FoundText, type Settings } from './settings.ts';

const SECRET_FILE_BYTES_MAX = 65_536;
const FILE_SUFFIX = '_FILE';
/** Also nearly right; DATA_ stays out, since DATA_DIR is close to names of others. */
const OUR_PREFIX =
  /^(MQTT|BRIDGE|ODOO|EMBEDD?ED|EVENTS?|LOG|CONFIG|KEEP|WEBHOOKS?|METRICS?|BROKER|HISTORY|DEVICES?|BODY)_/;
const TYPO_DISTANCE_MAX = 2;

/** Where values come from, the first one winning: command line, environment, configuration file. */
type SettingSources = {
  /** Variables that options of the command line stand for. */
  commandLine: Record<string, string | undefined>;
  environment: Record<string, string | undefined>;
  /** The mapping under `settings:` in the configuration file. */
  file: Record<string, unknown>;
};
type SettingsResult = { settings: Settings; warnings: string[] } | { faults: string[] };

/**
 * Reads and checks every variable.
 * @returns the settings with warnings, or all faults, one plain line each; no line holds a secret
 */
export function readSettings(
  environment: SettingSources['environment'],
  file: SettingSources['file'],
  commandLine: SettingSources['commandLine'],
): SettingsResult {
  const faults: string[] = [];
  const sources = [commandLine, environment, file].map((source) => plainTexts(source, faults));
  const found = new Map<VariableName, FoundText>();
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const name of VARIABLE_NAMES) {
    const text = findText(name, sources, faults);
    if (text) found.set(name, text);
    values[name] = readValue(name, text, faults);
  }
  faults.push(...combinationFaults(found));
  if (faults.length > 0) return { faults };
  const { settings, warnings } = assembleSettings(values as VariableValues, found);
  return { settings, warnings: [...unknownVariables(environment), ...unknownSettings(file), ...warnings] };
}

type Texts = Map<string, string>;

/** The values of one source as text. An empty one counts as not set. */
function plainTexts(source: Record<string, unknown>, faults: string[]): Texts {
  const texts: Texts = new Map();
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'object') {
      if (isKnown(name)) faults.push(`${name}: must be a single value, not a list or mapping`);
    } else texts.set(name, String(value));
  }
  return texts;
}

/** The text of `name` from the first source that has it. */
function findText(name: VariableName, sources: Texts[], faults: string[]): FoundText | undefined {
  const { aliases = [], secret }: Variable = VARIABLES[name];
  for (const source of sources) {
    const spellings = [name, ...aliases].flatMap((n) => (secret ? [n, n + FILE_SUFFIX] : [n]));
    const [first, second] = spellings.filter((spelling) => source.has(spelling));
    if (first === undefined) continue;
    if (second !== undefined) {
      faults.push(`${first}: ${second} is set too; set only one of them`);
      return undefined;
    }
    const text = source.get(first) ?? '';
    if (!secret || !first.endsWith(FILE_SUFFIX)) return { text, foundAs: first };
    const content = readNamedFile(first, text, faults);
    const secretText = content?.replace(/\r?\n$/, '');
    if (secretText === '') faults.push(`${first}: ${JSON.stringify(text)} is empty`);
    return secretText ? { text: secretText, foundAs: first } : undefined;
  }
  return undefined;
}

/** The text of the file that a variable names; undefined and a fault when it cannot be read. */
function readNamedFile(name: string, path: string, faults: string[]): string | undefined {
  try {
    const { size } = statSync(path);
    if (size <= SECRET_FILE_BYTES_MAX) return readFileSync(path, 'utf8');
    faults.push(`${name}: ${JSON.stringify(path)} is larger than ${SECRET_FILE_BYTES_MAX} bytes`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name}: ${JSON.stringify(path)} cannot be read (${code})`);
  }
  return undefined;
}

/** The value of a variable; undefined when it has none or, with a fault, an unusable one. */
function readValue(name: VariableName, found: FoundText | undefined, faults: string[]): unknown {
  const { schema, default: standard, secret, pem }: Variable = VARIABLES[name];
  const text = found?.text ?? standard;
  if (text === undefined) return undefined;
  const result = schema.safeParse(text);
  if (!result.success) {
    const shown =
      secret === 'always' || (secret === 'url' && /[@?#]/.test(text)) ? 'the value' : JSON.stringify(text);
    faults.push(`${found?.foundAs ?? name}: ${shown} ${result.error.issues[0]?.message}`);
    return undefined;
  }
  return pem ? readNamedFile(name, text, faults) : result.data;
}

const SPELLINGS = VARIABLE_NAMES.flatMap((name) => {
  const { aliases = [], secret }: Variable = VARIABLES[name];
  return [name, ...aliases].flatMap((n) => (secret ? [n, n + FILE_SUFFIX] : [n]));
});
const KNOWN = new Set<string>(SPELLINGS);
const isKnown = (name: string) => KNOWN.has(name);

/** Warnings for variables of ours that are probably misspelt. Others belong to somebody else. */
function unknownVariables(environment: SettingSources['environment']): string[] {
  const names = Object.keys(environment).filter((name) => OUR_PREFIX.test(name) && !isKnown(name));
  return names.flatMap((name) => {
    const close = closest(name);
    return close ? [`${name} is not known; did you mean ${close}?`] : [];
  });
}

/** Warnings for every unknown name under `settings:`, which holds nothing but ours. */
function unknownSettings(file: SettingSources['file']): string[] {
  const names = Object.keys(file).filter((name) => !isKnown(name));
  return names.map((name) => {
    const close = closest(name.toUpperCase());
    return `settings: ${JSON.stringify(name)} is not known${close ? `; did you mean ${close}?` : ''}`;
  });
}

/** The known name with the fewest edits from `name`, if they are few. */
function closest(name: string): string | undefined {
  const distances = SPELLINGS.map((known) => ({ known, distance: editDistance(name, known) }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  return best && best.distance <= TYPO_DISTANCE_MAX ? best.known : undefined;
}

/** Insertions, deletions and replacements between two words (Levenshtein). More than 2 is not told apart. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > TYPO_DISTANCE_MAX) return TYPO_DISTANCE_MAX + 1;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
