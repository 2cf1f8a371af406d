import type { ClientIdentity } from '../../model/client-identity.ts';
import { topicFilterProblem, topicNameProblem } from '../../model/topic.ts';

/** Where devices ask for a token, and where they hear the answer. Never distributed to others. */
const REQUEST = new Set(['provision/request', '/provision/request']);
const RESPONSE = new Set(['provision/response', '/provision/response']);

const isLiteral = (level: string | undefined) => level !== undefined && level !== '+' && level !== '#';

/** The levels of `filter` behind `prefix`, or null when it does not begin with just these literal levels. */
function behind(prefix: readonly string[], filter: readonly string[]): readonly string[] | null {
  if (filter.length < prefix.length) return null;
  for (const [i, level] of prefix.entries()) {
    if (!isLiteral(filter[i]) || filter[i] !== level) return null;
  }
  return filter.slice(prefix.length);
}

/** The literal levels of a grant and whether all below is granted too; null for one that grants nothing. */
function readGrant(grant: string): { prefix: string[]; below: boolean } | null {
  if (topicFilterProblem(grant) !== null || grant.startsWith('$')) return null;
  const levels = grant.split('/');
  const below = levels.at(-1) === '#';
  const prefix = below ? levels.slice(0, -1) : levels;
  const useful = prefix.some((level) => level !== '') && prefix.every(isLiteral);
  return useful ? { prefix, below } : null;
}

/** Whether a device may use a topic, or a filter, of these levels. */
function deviceMay({ deviceId, topics }: { deviceId: string; topics: readonly string[] }, levels: string[]) {
  if (isProvisioning(levels.join('/'))) return false;
  // An id that is not one level would reach into the topics of others.
  if (!/[/+#]/.test(deviceId)) {
    const subtopic = behind(['messages', deviceId], levels);
    if (subtopic && subtopic.join('/') !== '') return true;
  }
  return topics.some((topic) => {
    const grant = readGrant(topic);
    const rest = grant && behind(grant.prefix, levels);
    return rest !== null && (rest.length === 0 || grant?.below === true);
  });
}

/** Whether a client may publish to `topic`; also for its last will. */
export function mayPublish(identity: ClientIdentity, topic: string): boolean {
  if (topicNameProblem(topic) !== null || topic.startsWith('$')) return false;
  if (identity.kind === 'device') return deviceMay(identity, topic.split('/'));
  return identity.kind === 'provision' ? REQUEST.has(topic) : !RESPONSE.has(topic);
}

/** Whether a client may subscribe to `filter`. */
export function maySubscribe(identity: ClientIdentity, filter: string): boolean {
  if (topicFilterProblem(filter) !== null || filter.startsWith('$')) return false;
  if (identity.kind === 'device') return deviceMay(identity, filter.split('/'));
  return identity.kind === 'provision' ? RESPONSE.has(filter) : true;
}

/** Whether a message on `topic` that is distributed to subscribers may reach a client. */
export function mayReceive(identity: ClientIdentity, topic: string): boolean {
  if (topicNameProblem(topic) !== null || topic.startsWith('$') || isProvisioning(topic)) return false;
  if (identity.kind === 'device') return deviceMay(identity, topic.split('/'));
  return identity.kind === 'anonymous';
}

/** Whether `topic` carries keys and tokens: it is handed to the bridge and to nobody else. */
export function isProvisioning(topic: string): boolean {
  return REQUEST.has(topic) || RESPONSE.has(topic);
}
