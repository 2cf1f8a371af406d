/** Where a text stops being JSON, counted from 1, and what is wrong there. */
export type JsonFault = { line: number; column: number; message: string };

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\]:,]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

type Expected = 'value' | 'item' | 'key' | 'first key' | 'colon' | 'next';
type Open = '{' | '[';

const WORDS: Record<Expected, string> = {
  value: 'a value is expected',
  item: 'a value or ] is expected',
  key: 'a name in double quotes is expected',
  'first key': 'a name in double quotes or } is expected',
  colon: ': is expected',
  next: ', or the end of the list or object is expected',
};

/** What comes after `token`; null: it may not stand here. `open` holds what is not closed yet. */
function after(token: string, expected: Expected, open: Open[]): Expected | null {
  const closes = token === '}' || token === ']';
  if (closes) {
    const fits = expected === 'next' || expected === (token === '}' ? 'first key' : 'item');
    return fits && open.pop() === (token === '}' ? '{' : '[') ? 'next' : null;
  }
  if (expected === 'next') {
    if (token !== ',' || open.length === 0) return null;
    return open.at(-1) === '{' ? 'key' : 'value';
  }
  if (expected === 'colon') return token === ':' ? 'value' : null;
  if (expected === 'key' || expected === 'first key') return token.startsWith('"') ? 'colon' : null;
  if (token === ':' || token === ',') return null;
  if (token !== '{' && token !== '[') return 'next';
  open.push(token);
  return token === '{' ? 'first key' : 'item';
}

function faultAt(text: string, at: number, expected: Expected, isDone: boolean): JsonFault {
  const before = text.slice(0, at).split('\n');
  const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  if (at >= text.length) return { ...place, message: `the text ends too early: ${WORDS[expected]}` };
  if (text[at] === "'") return { ...place, message: 'text stands in double quotes in JSON' };
  if (isDone) return { ...place, message: 'nothing may follow the value' };
  if (text[at] === '"' && !['colon', 'next'].includes(expected)) {
    return { ...place, message: 'this text is not closed, or holds a character that must be escaped' };
  }
  return { ...place, message: WORDS[expected] };
}

/** The first place where `text` is not JSON (RFC 8259); null: it is JSON. */
export function jsonFault(text: string): JsonFault | null {
  const open: Open[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    const isDone = expected === 'next' && open.length === 0;
    if (at >= text.length && isDone) return null;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | null = token === undefined ? null : after(token, expected, open);
    if (token === undefined || next === null) return faultAt(text, at, expected, isDone);
    expected = next;
    at += token.length;
  }
}
