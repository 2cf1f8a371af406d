/**
 * The process that works out the expressions of flows, one request at a time; evaluator.ts starts and ends it.
 * An expression can use up all time and all memory there is: here that costs nobody else anything.
 */
import jsonata from 'jsonata';
import { systemClock } from '../platform/clock.ts';
import { documentOf, type Trigger } from './trigger.ts';

export type EvaluationRequest = { trigger: Trigger; condition: string | null; expressions: string[] };
/** What an expression gave, as text or as JSON; null: nothing. */
export type Value = { text: string; isText: boolean } | null;
export type Evaluation =
  /** `condition` null: there is none. Without a true condition there are no values. */
  | { status: 'done'; condition: boolean | null; values: Value[] }
  /** `index` of the expression, null: the condition. */
  | { status: 'failed'; index: number | null; message: string }
  | { status: 'timeout' };

/** For all expressions of a request together; evaluator.ts ends the process a little later. */
const TIME_MS_MAX = 200;
const DEPTH_MAX = 1000;
const SEQUENCE_LENGTH_MAX = 100_000;
const RESULT_CHARACTERS_MAX = 262_144;
const COMPILED_MAX = 4000;
const MESSAGE_CHARACTERS_MAX = 300;
const TIMEOUT_CODE = 'D1012';

/** `$eval` could bring in what is refused when a flow is saved. */
function NoRegex(): never {
  throw new Error('a regular expression is not allowed');
}

const clock = systemClock();
/** Read anew at every evaluation, so the time left may be set between them. */
const limits = {
  timeout: TIME_MS_MAX,
  stack: DEPTH_MAX,
  sequence: SEQUENCE_LENGTH_MAX,
  RegexEngine: NoRegex as unknown as RegExpConstructor,
};
const compiled = new Map<string, jsonata.Expression>();

function compile(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known) return known;
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  const expression = jsonata(text, limits);
  compiled.set(text, expression);
  return expression;
}

async function isTrue(result: unknown): Promise<boolean> {
  if (typeof result === 'boolean' || result === undefined) return result === true;
  return (await compile('$boolean($result)').evaluate(null, { result })) === true;
}

const isFunction = (value: unknown) =>
  typeof value === 'function' ||
  (typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value));

function valueOf(result: unknown): Value {
  if (result === undefined) return null;
  if (isFunction(result)) throw new Error('gives a function, not a value');
  const text =
    typeof result === 'string'
      ? result
      : JSON.stringify(result, (_key, value) => (isFunction(value) ? null : value));
  return { text, isText: typeof result === 'string' };
}

function faultOf(error: unknown, index: number | null): Evaluation {
  const { code, message = String(error), position } = error as Partial<jsonata.JsonataError>;
  if (code === TIMEOUT_CODE) return { status: 'timeout' };
  const where = position === undefined ? '' : ` (at character ${position})`;
  return { status: 'failed', index, message: `${message.slice(0, MESSAGE_CHARACTERS_MAX)}${where}` };
}

async function evaluate({ trigger, condition, expressions }: EvaluationRequest): Promise<Evaluation> {
  const document = documentOf(trigger);
  const until = clock.steadyMs() + TIME_MS_MAX;
  const resultOf = (text: string) => {
    limits.timeout = Math.max(1, until - clock.steadyMs());
    return compile(text).evaluate(document);
  };
  const values: Value[] = [];
  let index: number | null = null;
  try {
    if (condition !== null && !(await isTrue(await resultOf(condition)))) {
      return { status: 'done', condition: false, values };
    }
    let characters = 0;
    for (const [i, text] of expressions.entries()) {
      index = i;
      const value = valueOf(await resultOf(text));
      characters += value?.text.length ?? 0;
      if (characters > RESULT_CHARACTERS_MAX) {
        throw new Error(`gives more than ${RESULT_CHARACTERS_MAX} characters`);
      }
      values.push(value);
    }
    return { status: 'done', condition: condition === null ? null : true, values };
  } catch (error) {
    return faultOf(error, index);
  }
}

process.on('message', (request: EvaluationRequest) => {
  void evaluate(request).then((evaluation) => process.send?.(evaluation));
});
process.on('disconnect', () => process.exit());
// A terminal's Ctrl+C and a service's stop reach this process too; the bridge ends it when it is done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Code that runs for the first time is slow: that is not charged to the first flow.
await compile('{"sum": $sum([1, 2].($ + 1)[$ > 1]), "text": $string(1) & "x"}').evaluate({});
process.send?.('ready');
