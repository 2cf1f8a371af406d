import type { z } from 'zod';
import { REQUEST_FORMS } from '../model/device-request.ts';
import type { OutgoingMessage } from '../model/message.ts';
import { topicNameProblem } from '../model/topic.ts';
import type { Finding } from '../model/validation.ts';
import { type Checked, checkInput } from './input.ts';
import { payloadBytes } from './publisher.ts';
import type { Answer, AnswerMatch, Question, Requests } from './requests.ts';

/** A question in the words of a device family. `id`: a number that no other question has. */
export type Ask =
  | { family: 'shelly'; id: number; method: string; params: Record<string, unknown> }
  | { family: 'tasmota'; id: number; command: string; payload: string };

/** A question as it is sent, and where its answer arrives. */
export type DeviceCommand = {
  topic: string;
  payload: string;
  answerTopics: readonly string[];
  match?: AnswerMatch;
};

export type DeviceRequestsDeps = {
  requests: Pick<Requests, 'ask'>;
  /** Over which broker the device is spoken to; null: there is no such device. */
  brokerOf(deviceId: string): string | null;
  /** How its family is asked for its power; null: there is no way. */
  probe(deviceId: string): DeviceCommand | null;
  /** `ask` for this device, with topics out of its `mqtt_topic`; `problem` is a sentence for people. */
  commandFor(deviceId: string, ask: Ask): DeviceCommand | { problem: string };
  /** Where the numbers of questions begin, so that they differ from those of the process before. */
  firstId: number;
};

export type DeviceAnswer =
  | Exclude<Answer, { status: 'timed_out' }>
  | { status: 'timed_out'; topic: string; timeoutS: number }
  | { status: 'invalid'; errors: Finding[] }
  /** The device cannot be asked so. */
  | { status: 'impossible'; reason: string }
  | { status: 'unknown' };

type Form = keyof typeof REQUEST_FORMS;
type Body<F extends Form> = z.infer<(typeof REQUEST_FORMS)[F]>;
type Built =
  | { ok: true; question: Omit<Question, 'brokerId' | 'timeoutMs'>; timeoutS: number }
  | { ok: false; answer: DeviceAnswer };

const NO_PROBE =
  'This device cannot be asked for its power: its family knows no such question, or its topic has wildcards';
const NO_LEVEL = 'The id of this device cannot stand in a topic, so it does not use the device API';
const FORMS = Object.keys(REQUEST_FORMS) as Form[];

const invalid = (errors: Finding[]): Built => ({ ok: false, answer: { status: 'invalid', errors } });
const impossible = (reason: string): Built => ({ ok: false, answer: { status: 'impossible', reason } });

function built({ topic, payload, answerTopics, match }: DeviceCommand, timeoutS: number): Built {
  const message: OutgoingMessage = { topic, payload: Buffer.from(payload), qos: 1, retain: false };
  return { ok: true, question: { message, answerTopics, match: match ?? null }, timeoutS };
}

function byTopic(body: Body<'topic'>): Built {
  const payload = payloadBytes(body);
  if ('problem' in payload) return invalid([{ path: 'payload', message: payload.problem }]);
  const { topic, qos, answer_topic, match, timeout_s } = body;
  const message: OutgoingMessage = { topic, payload, qos, retain: false };
  const question = { message, answerTopics: [answer_topic], match: match ?? null };
  return { ok: true, question, timeoutS: timeout_s };
}

function byRpc(deviceId: string, id: number, { rpc, timeout_s }: Body<'rpc'>): Built {
  if (deviceId.includes('/') || topicNameProblem(deviceId) !== null) return impossible(NO_LEVEL);
  const payload = JSON.stringify({ method: rpc.method, params: rpc.params ?? {} });
  const base = `messages/${deviceId}/rpc`;
  const answerTopics = [`${base}/response/${id}`];
  return built({ topic: `${base}/request/${id}`, payload, answerTopics }, timeout_s);
}

/** Asks devices, each in the words of its family, and waits for their answers. */
export class DeviceRequests {
  readonly #deps: DeviceRequestsDeps;
  #asked = 0;

  constructor(deps: DeviceRequestsDeps) {
    this.#deps = deps;
  }

  /** Asks a device what `input` (`deviceRequestSchema`) says. */
  async ask(deviceId: string, input: unknown): Promise<DeviceAnswer> {
    const brokerId = this.#deps.brokerOf(deviceId);
    if (brokerId === null) return { status: 'unknown' };
    const outcome = this.#build(deviceId, input);
    if (!outcome.ok) return outcome.answer;
    const { question, timeoutS } = outcome;
    const answer = await this.#deps.requests.ask({ ...question, brokerId, timeoutMs: timeoutS * 1000 });
    return answer.status === 'timed_out' ? { ...answer, topic: question.message.topic, timeoutS } : answer;
  }

  #build(deviceId: string, input: unknown): Built {
    const isObject = typeof input === 'object' && input !== null;
    const forms = isObject ? FORMS.filter((one) => Object.hasOwn(input, one)) : [];
    const [form] = forms;
    if (form === undefined || forms.length > 1) {
      return invalid([{ path: '', message: `must have exactly one of ${FORMS.join(', ')}` }]);
    }
    // A union of all forms would say of a fault only that no form fits.
    const checked: Checked<Body<Form>> = checkInput<Body<Form>>(REQUEST_FORMS[form], input);
    if (!checked.ok) return invalid(checked.errors);
    const body = checked.value;
    if ('topic' in body) return byTopic(body);
    const id = this.#deps.firstId + this.#asked++;
    if ('rpc' in body) return byRpc(deviceId, id, body);
    if ('method' in body) {
      const probe = this.#deps.probe(deviceId);
      return probe ? built(probe, body.timeout_s) : impossible(NO_PROBE);
    }
    const ask: Ask =
      'shelly' in body
        ? { family: 'shelly', id, method: body.shelly.method, params: body.shelly.params }
        : { family: 'tasmota', id, command: body.tasmota.command, payload: body.tasmota.payload };
    const command = this.#deps.commandFor(deviceId, ask);
    return 'problem' in command ? impossible(command.problem) : built(command, body.timeout_s);
  }
}
