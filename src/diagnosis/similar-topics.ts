import { topicMatches } from '../model/topic.ts';

const SHOWN_MAX = 3;
/** The share of a text that may differ for it to be a misspelling. */
const DIFFERENCE_MAX = 0.3;
/** Longer topics are not compared: the work grows with the square. */
const LENGTH_MAX = 256;

/** How many characters must be put in, taken out or replaced to make `a` of `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** How unlike two topics are: 0 the same but for upper and lower case, 1 nothing in common. */
function difference(filter: string, topic: string): number {
  const a = filter.toLowerCase();
  const b = topic.toLowerCase();
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 0;
  if (longest > LENGTH_MAX || Math.abs(a.length - b.length) / longest > DIFFERENCE_MAX) return 1;
  return distance(a, b) / longest;
}

/** Topics of `heard` that somebody may have meant who wrote `filter`, the likest first. */
export function similarTopics(filter: string, heard: Iterable<string>): string[] {
  const found: { topic: string; unlike: number }[] = [];
  const levels = filter.split('/');
  for (const topic of heard) {
    if (topicMatches(filter, topic)) continue;
    // A wildcard stands for whatever is there.
    const have = topic.split('/');
    const wanted = levels.map((level, i) => (level === '+' ? (have[i] ?? '') : level));
    const end = wanted.indexOf('#');
    const text = end < 0 ? wanted.join('/') : [...wanted.slice(0, end), ...have.slice(end)].join('/');
    const unlike = difference(text, topic);
    if (unlike <= DIFFERENCE_MAX) found.push({ topic, unlike });
  }
  found.sort((a, b) => a.unlike - b.unlike || (a.topic < b.topic ? -1 : 1));
  return found.slice(0, SHOWN_MAX).map(({ topic }) => topic);
}
