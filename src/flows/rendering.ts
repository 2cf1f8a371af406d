import type { FlowAction, FlowInput, RenderedAction } from '../model/flow.ts';
import { topicNameProblem } from '../model/topic.ts';
import type { Value } from './evaluator-process.ts';
import type { Program } from './expressions.ts';

/** Where a flow cannot go on, and why. */
export type FlowFault = { path: string; message: string };

class Fault extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

type Reader = (path: string) => NonNullable<Value>;

function renderPublish(publish: NonNullable<FlowAction['publish']>, read: Reader): RenderedAction {
  const topic = publish.topic ?? read('publish.topic_expression').text;
  const problem = topicNameProblem(topic);
  if (problem) throw new Fault('publish.topic_expression', `gives no topic: it ${problem}`);
  const { broker_id = null, qos, retain } = publish;
  return { publish: { topic, broker_id, qos, retain, payload: read('publish.body').text } };
}

function renderOdooEvent(
  { device_id, name }: NonNullable<FlowAction['odoo_event']>,
  read: Reader,
  deviceId: string | null,
): RenderedAction {
  const { text, isText } = read('odoo_event.data');
  const data: unknown = isText ? text : JSON.parse(text);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new Fault('odoo_event.data', 'gives no object');
  }
  return {
    odoo_event: {
      device_id: deviceFor('odoo_event', device_id, deviceId),
      name,
      data: data as Record<string, unknown>,
    },
  };
}

function deviceFor(action: string, given: string | undefined, deviceId: string | null): string {
  const device = given ?? deviceId;
  if (device === null)
    throw new Fault(action, 'needs a device_id: what set the flow off belongs to no device');
  return device;
}

function renderOne(action: FlowAction, read: Reader, deviceId: string | null): RenderedAction {
  if (action.publish) return renderPublish(action.publish, read);
  if (action.odoo_event) return renderOdooEvent(action.odoo_event, read, deviceId);
  if (action.webhook) {
    const { url, method, headers } = action.webhook;
    const { text, isText } = read('webhook.body');
    const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
    const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
    const all = isGiven ? headers : { 'content-type': type, ...headers };
    return { webhook: { url, method, headers: all, body: text } };
  }
  if (action.set_attribute) {
    const { device_id, key } = action.set_attribute;
    const { text, isText } = read('set_attribute.value');
    const device = deviceFor('set_attribute', device_id, deviceId);
    return { set_attribute: { device_id: device, key, value: isText ? text : JSON.parse(text) } };
  }
  throw new Fault('', 'there is no such action');
}

/**
 * The actions of a flow with their expressions worked out; all of them, or the first fault.
 * @param values in the order of the program's expressions
 * @param deviceId of the trigger
 */
export function renderActions(
  flow: FlowInput,
  { expressions }: Program,
  values: readonly Value[],
  deviceId: string | null,
): { actions: RenderedAction[] } | { fault: FlowFault } {
  const valueAt = new Map(expressions.map(({ path }, i) => [path, values[i] ?? null]));
  const actions: RenderedAction[] = [];
  for (const [i, action] of flow.do.entries()) {
    const read: Reader = (path) => {
      const value = valueAt.get(`do[${i}].${path}`) ?? null;
      if (value === null) throw new Fault(path, 'gives nothing');
      return value;
    };
    try {
      actions.push(renderOne(action, read, deviceId));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const path = error.path === '' ? `do[${i}]` : `do[${i}].${error.path}`;
      return { fault: { path, message: error.message } };
    }
  }
  return { actions };
}
