/** Longest topic or filter the bridge works with, in UTF-8 bytes. MQTT allows 65 535. */
const TOPIC_BYTES_MAX = 1024;
const TOPIC_LEVELS_MAX = 32;

function commonProblem(topic: string): string | null {
  if (topic.length === 0) return 'must not be empty';
  if (Buffer.byteLength(topic) > TOPIC_BYTES_MAX) return `must not be longer than ${TOPIC_BYTES_MAX} bytes`;
  if (topic.includes('\u0000')) return 'must not contain a NUL character';
  if (!topic.isWellFormed()) return 'must be well-formed Unicode';
  if (topic.split('/').length > TOPIC_LEVELS_MAX) return `must not have more than ${TOPIC_LEVELS_MAX} levels`;
  return null;
}

/** Why `filter` is not a valid MQTT topic filter, or null when it is one (MQTT 3.1.1, 4.7). */
export function topicFilterProblem(filter: string): string | null {
  const common = commonProblem(filter);
  if (common) return common;
  const levels = filter.split('/');
  for (const [i, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1)) {
      return '# must be a level of its own, and the last one';
    }
    if (level.includes('+') && level !== '+') return '+ must be a level of its own';
  }
  return null;
}

/** Why `topic` is not a valid MQTT topic name to publish to, or null when it is one. */
export function topicNameProblem(topic: string): string | null {
  return commonProblem(topic) ?? (/[#+]/.test(topic) ? 'must not contain + or #' : null);
}

/** Whether `topic` matches `filter`; wildcards do not match a first level that begins with `$`. */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const want = filter.split('/');
  const have = topic.split('/');
  if (topic.startsWith('$') && (want[0] === '#' || want[0] === '+')) return false;
  for (const [i, level] of want.entries()) {
    if (level === '#') return true;
    if (i >= have.length) return false;
    if (level !== '+' && level !== have[i]) return false;
  }
  return want.length === have.length;
}
