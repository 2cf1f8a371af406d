/** What would have been right at the place where a text stops being JSON. */
type Expected = 'value' | 'item' | 'name' | 'first_name' | 'colon' | 'next';
export type JsonFaultCode = `json_${Expected | 'early' | 'after' | 'string' | 'quotes'}`;
/** Counted from 1. */
export type JsonPlace = { line: number; column: number; code: JsonFaultCode };

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\]:,]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

function match(pattern: RegExp, text: string, from: number): string | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0];
}

/** What may follow `token`; null: it may not stand here. `open` holds the brackets that are not closed. */
function after(token: string, expected: Expected, open: string[]): Expected | null {
  if (token === '}' || token === ']') {
    const mayClose = expected === 'next' || expected === (token === '}' ? 'first_name' : 'item');
    return mayClose && open.pop() === (token === '}' ? '{' : '[') ? 'next' : null;
  }
  if (token === ',') {
    if (expected !== 'next' || open.length === 0) return null;
    return open.at(-1) === '{' ? 'name' : 'value';
  }
  if (token === ':') return expected === 'colon' ? 'value' : null;
  if (expected === 'name' || expected === 'first_name') return token.startsWith('"') ? 'colon' : null;
  if (expected !== 'value' && expected !== 'item') return null;
  if (token !== '{' && token !== '[') return 'next';
  open.push(token);
  return token === '{' ? 'first_name' : 'item';
}

function codeAt(text: string, at: number, expected: Expected, isDone: boolean): JsonFaultCode {
  if (at >= text.length) return 'json_early';
  if (text[at] === "'") return 'json_quotes';
  if (isDone) return 'json_after';
  return text[at] === '"' && expected !== 'colon' && expected !== 'next' ? 'json_string' : `json_${expected}`;
}

/** The first place where `text` is not JSON (RFC 8259); null: it is. No recursion: people may nest deeply. */
export function jsonPlace(text: string): JsonPlace | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    at += match(SPACE, text, at)?.length ?? 0;
    const isDone = expected === 'next' && open.length === 0;
    if (at >= text.length && isDone) return null;
    const token = match(TOKEN, text, at);
    const next: Expected | null = token === undefined ? null : after(token, expected, open);
    if (token === undefined || next === null) {
      const lines = text.slice(0, at).split('\n');
      const column = (lines.at(-1) ?? '').length + 1;
      return { line: lines.length, column, code: codeAt(text, at, expected, isDone) };
    }
    expected = next;
    at += token.length;
  }
}

const PIECE = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/** JSON, a value a line. Its text is kept: a number of many digits would not survive being parsed. */
export function prettyJson(text: string): string {
  const pieces = text.match(PIECE) ?? [];
  let depth = 0;
  let out = '';
  const line = () => `\n${INDENT.repeat(depth)}`;
  for (const [i, piece] of pieces.entries()) {
    const previous = pieces[i - 1];
    if (piece === '}' || piece === ']') {
      depth -= 1;
      out += previous === '{' || previous === '[' ? piece : line() + piece;
    } else {
      if (previous === '{' || previous === '[' || previous === ',') out += line();
      out += piece === ':' ? ': ' : piece;
      if (piece === '{' || piece === '[') depth += 1;
    }
  }
  return out;
}
