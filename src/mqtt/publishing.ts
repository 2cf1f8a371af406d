import type { MqttClient, Packet } from 'mqtt';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { BrokerLimits } from './broker-limits.ts';
import { outgoingProblem, publishOptions } from './outgoing-packet.ts';
import { publishRefusal } from './reason-words.ts';

/** How long a broker may take to confirm a message. */
const ANSWER_MAX_MS = 10_000;
const WAITING_MAX = 10_000;
const NO_SUBSCRIBERS = 16;
const REASON_LENGTH_MAX = 200;

const UNKNOWN = 'it is not known whether the message arrived';

type Entry = { message: OutgoingMessage; settle: (result: PublishResult) => void };
type Connection = { client: MqttClient; limits: BrokerLimits };

/**
 * Sends messages over a connection and tells of each whether the broker has confirmed it. Not more are under way
 * than the broker takes at once; the others wait for their turn.
 */
export class Publishing {
  readonly #clock: Pick<Clock, 'after'>;
  #connection: Connection | null = null;
  /** In the order of their coming. */
  readonly #waiting = new Set<Entry>();
  readonly #underWay = new Set<Entry>();
  /** Message ids of which the broker said that nobody is subscribed. */
  readonly #unheard = new Set<number>();
  /** What the connection carries, answered in time or not. */
  #inFlight = 0;
  #isSending = false;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  connected(client: MqttClient, limits: BrokerLimits): void {
    this.lost();
    this.#connection = { client, limits };
  }

  /** The connection ends: what is under way may still be confirmed, nothing more is sent. */
  leaving(): void {
    this.#connection = null;
    for (const entry of this.#waiting) {
      entry.settle({ sent: false, reason: 'the connection to the broker is being closed' });
    }
  }

  /** The connection is gone, and with it the answers. */
  lost(): void {
    this.#connection = null;
    this.#inFlight = 0;
    this.#unheard.clear();
    for (const entry of this.#waiting) {
      entry.settle({ sent: false, reason: 'the connection to the broker was lost before it was sent' });
    }
    for (const entry of this.#underWay) {
      entry.settle({ sent: false, reason: `the connection to the broker was lost; ${UNKNOWN}` });
    }
  }

  /** A packet came; called before MQTT.js deals with it, which keeps reason codes of success to itself. */
  heard(packet: Packet): void {
    if ((packet.cmd === 'puback' || packet.cmd === 'pubrec') && packet.reasonCode === NO_SUBSCRIBERS) {
      this.#unheard.add(packet.messageId ?? 0);
    }
  }

  /**
   * Answers within 10 s; never rejects. Whoever handles a message must not wait for it there.
   * @param why there is no connection, if there is none
   */
  publish(message: OutgoingMessage, why?: string): Promise<PublishResult> {
    const connection = this.#connection;
    const problem = connection
      ? outgoingProblem(message, connection.limits)
      : `the broker is not connected${why ? `: ${why}` : ''}`;
    if (problem) return Promise.resolve({ sent: false, reason: problem });
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.resolve({
        sent: false,
        reason: `${WAITING_MAX} messages are waiting to be sent already`,
      });
    }
    return new Promise((resolve) => {
      let cancel: Cancel | null = null;
      const entry: Entry = {
        message,
        settle: (result) => {
          cancel?.();
          this.#waiting.delete(entry);
          this.#underWay.delete(entry);
          resolve(result);
        },
      };
      cancel = this.#clock.after(ANSWER_MAX_MS, () => this.#expire(entry));
      this.#waiting.add(entry);
      this.#sendWaiting();
    });
  }

  #expire(entry: Entry): void {
    const within = `within ${ANSWER_MAX_MS / 1000} s`;
    entry.settle({
      sent: false,
      reason: this.#underWay.has(entry)
        ? `the broker did not answer ${within}; ${UNKNOWN}`
        : `not sent: the broker did not get through the messages before it ${within}`,
    });
  }

  #sendWaiting(): void {
    // QoS 0 is done within the call: the loop that is running goes on.
    if (this.#isSending) return;
    this.#isSending = true;
    for (const entry of this.#waiting) {
      const connection = this.#connection;
      if (!connection || this.#inFlight >= connection.limits.inFlightMax) break;
      this.#waiting.delete(entry);
      this.#underWay.add(entry);
      this.#inFlight++;
      this.#send(connection, entry);
    }
    this.#isSending = false;
  }

  #send(connection: Connection, entry: Entry): void {
    const { topic, payload } = entry.message;
    const { options, leftOut } = publishOptions(entry.message, connection.limits);
    connection.client.publish(topic, payload, options, (error, packet) => {
      entry.settle(this.#resultOf(error ?? null, packet, leftOut));
      if (this.#connection !== connection) return;
      this.#inFlight--;
      this.#sendWaiting();
    });
  }

  #resultOf(error: Error | null, packet: Packet | undefined, leftOut: string | null): PublishResult {
    if (error) return { sent: false, reason: failureOf(error, packet) };
    const unheard = this.#unheard.delete(packet?.messageId ?? 0)
      ? 'nobody is subscribed to this topic'
      : null;
    const note = [unheard, leftOut].filter((text) => text !== null).join('; ');
    return note === '' ? { sent: true } : { sent: true, note };
  }
}

function failureOf(error: Error, packet: Packet | undefined): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return `${error.message.slice(0, REASON_LENGTH_MAX)}; ${UNKNOWN}`;
  const said = packet && 'properties' in packet ? packet.properties : undefined;
  const more = said && 'reasonString' in said ? said.reasonString : undefined;
  return more ? `${publishRefusal(code)} (${more.slice(0, REASON_LENGTH_MAX)})` : publishRefusal(code);
}
