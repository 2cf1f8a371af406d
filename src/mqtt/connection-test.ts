import mqtt, { type IConnackPacket } from 'mqtt';
import type { ConnectionSettings } from '../model/broker.ts';
import type { Clock } from '../platform/clock.ts';
import { type BrokerLimits, brokerLimits } from './broker-limits.ts';
import { connectOptions, dial } from './connect-options.ts';
import {
  CLOSED,
  type ConnectionFault,
  connectionFault,
  isNoTls,
  NEUTRAL_REMEDIES,
  type Remedies,
} from './connection-fault.ts';
import { endClient } from './goodbye.ts';
import { type CertificateFacts, certificateOf, lookForCertificate, lookForPlainAnswer } from './port-look.ts';

export type ConnectionTestDeps = { clock: Clock; random: () => number; remedies?: Remedies };

/** What one attempt to connect showed. */
export type ConnectionTestResult =
  | {
      ok: true;
      protocolVersion: 4 | 5;
      /** From the first packet to the broker's answer. */
      latencyMs: number;
      broker: BrokerLimits;
      /** null: without TLS. */
      certificate: CertificateFacts | null;
    }
  | { ok: false; fault: ConnectionFault };

type Attempt =
  | { ok: true; connack: IConnackPacket; latencyMs: number; certificate: CertificateFacts | null }
  | {
      ok: false;
      fault: ConnectionFault;
      error: unknown;
      /** What the other side said first. */
      answer: Buffer | null;
    };

/** Leaves time for a second look at the port, which may take 1.5 s, and for the goodbye. */
const ATTEMPT_MAX_MS = 7000;
const CONNACK = 0x20;

const SILENT: ConnectionFault = {
  reason: 'timed_out',
  message: 'no answer at all; check the address and firewalls between',
};
const SPEECHLESS: ConnectionFault = {
  reason: 'timed_out',
  message: 'connected, but no MQTT answer; is this an MQTT port?',
};

/**
 * Connects once and tells in plain words how that went, within 10 s. The client id is `<clientId>-test-<random>`, so
 * that a running connection keeps its session; nothing remains at the broker.
 */
export async function testConnection(
  settings: ConnectionSettings,
  deps: ConnectionTestDeps,
): Promise<ConnectionTestResult> {
  const beganAt = deps.clock.steadyMs();
  let protocolVersion: 4 | 5 = settings.protocolVersion === 'auto' ? 5 : settings.protocolVersion;
  let attempt = await connectOnce(settings, protocolVersion, ATTEMPT_MAX_MS, deps);
  if (!attempt.ok && attempt.fault.reason === 'protocol_version' && settings.protocolVersion === 'auto') {
    protocolVersion = 4;
    const leftMs = ATTEMPT_MAX_MS - (deps.clock.steadyMs() - beganAt);
    attempt = await connectOnce(settings, protocolVersion, leftMs, deps);
  }
  if (!attempt.ok) return { ok: false, fault: await explain(settings.url, attempt, deps.clock) };
  const { connack, latencyMs, certificate } = attempt;
  return {
    ok: true,
    protocolVersion,
    latencyMs,
    broker: brokerLimits(connack, protocolVersion),
    certificate,
  };
}

async function connectOnce(
  settings: ConnectionSettings,
  protocolVersion: 4 | 5,
  timeoutMs: number,
  { clock, random, remedies = NEUTRAL_REMEDIES }: ConnectionTestDeps,
): Promise<Attempt> {
  const own = `${settings.clientId}-test-${Math.floor(random() * 2 ** 32).toString(36)}`;
  const once = { ...settings, clientId: own, cleanSession: true };
  const client = mqtt.connect(settings.url, connectOptions(once, protocolVersion, 2 * timeoutMs));
  const attempt = await new Promise<Attempt>((resolve) => {
    const beganAt = clock.steadyMs();
    let answer: Buffer | null = null;
    const fail = (fault: ConnectionFault, error: unknown = null) => {
      cancel();
      resolve({ ok: false, fault, error, answer });
    };
    const cancel = clock.after(timeoutMs, () => fail(isConnecting(client.stream) ? SILENT : SPEECHLESS));
    client.on('connect', (connack) => {
      cancel();
      const latencyMs = clock.steadyMs() - beganAt;
      resolve({ ok: true, connack, latencyMs, certificate: certificateOf(client.stream) });
    });
    client.on('error', (error) => fail(connectionFault(error, remedies), error));
    client.on('close', () => fail(CLOSED));
    dial(client);
    // Before MQTT.js, which may find a fault in it.
    client.stream.prependListener('data', (bytes: Buffer) => {
      answer ??= bytes;
    });
  });
  await endClient(client, clock, !attempt.ok);
  return attempt;
}

const isConnecting = (stream: object) => 'connecting' in stream && stream.connecting === true;

/** Takes a second look where the fault itself does not tell what is wrong. */
async function explain(
  url: string,
  { fault, error, answer }: Extract<Attempt, { ok: false }>,
  clock: Clock,
): Promise<ConnectionFault> {
  const { protocol, hostname, port: portText } = new URL(url);
  const isTls = protocol === 'mqtts:' || protocol === 'wss:';
  const isWebSocket = protocol === 'ws:' || protocol === 'wss:';
  const port = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(portText) || DEFAULT_PORTS[protocol] || 1883,
  };
  const isVague = ['closed', 'timed_out', 'other'].includes(fault.reason) && fault !== SILENT;
  if (answer && isVague) return strangerFault(answer) ?? fault;
  if (isTls && fault.reason === 'tls' && !isNoTls(error)) {
    const certificate = await lookForCertificate(port, clock);
    return certificate ? { ...fault, message: `${fault.message} — ${inWords(certificate)}` } : fault;
  }
  if (isTls && (isVague || isNoTls(error))) {
    const said = await lookForPlainAnswer(port, clock);
    const plain = isWebSocket ? 'ws://' : 'mqtt://';
    if (said?.[0] === CONNACK) {
      return { reason: 'tls', message: `the broker speaks without TLS at this port; use ${plain}` };
    }
    const stranger = said && !isWebSocket ? strangerFault(said) : null;
    return stranger ?? fault;
  }
  if (!isVague) return fault;
  const certificate = await lookForCertificate(port, clock);
  if (certificate) {
    const secure = isWebSocket ? 'wss://' : 'mqtts://';
    return { reason: 'tls', message: `TLS is spoken at this port; use ${secure} — ${inWords(certificate)}` };
  }
  if (!isWebSocket || fault.reason === 'timed_out') return fault;
  return {
    reason: 'not_mqtt',
    message: 'the server there does not take MQTT over WebSocket; check port and path',
  };
}

const DEFAULT_PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };

function inWords({ subject, issuer, validTo }: CertificateFacts): string {
  return `certificate of ${subject}, issued by ${issuer}, valid until ${validTo.slice(0, 10)}`;
}

/** Who spoke instead of an MQTT broker; null: it may be one. */
function strangerFault(answer: Buffer): ConnectionFault | null {
  if (answer[0] === CONNACK) return null;
  const text = answer.subarray(0, 8).toString('latin1');
  const who = text.startsWith('HTTP/')
    ? 'an HTTP server'
    : text.startsWith('SSH-')
      ? 'an SSH server'
      : 'something else';
  return { reason: 'not_mqtt', message: `${who} answers there, not an MQTT broker; check the port` };
}
