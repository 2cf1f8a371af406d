import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, TLSSocket } from 'node:tls';
import { type Clock, isoTime } from '../platform/clock.ts';

/** Where a broker should be. */
export type Port = { host: string; port: number };

/** Whom a certificate names, and until when. */
export type CertificateFacts = { subject: string; issuer: string; validTo: string };

const LOOK_MAX_MS = 1500;
/** An MQTT 3.1.1 CONNECT of nobody in particular, with a clean session. */
const CONNECT = Buffer.from('\u0010\u000c\u0000\u0004MQTT\u0004\u0002\u0000\u000a\u0000\u0000', 'latin1');

const nameIn = (part: PeerCertificate['subject'] | undefined) => {
  const { CN, O } = part ?? {};
  return [CN ?? O ?? 'nobody'].flat().join(', ');
};

/** What the certificate of a TLS connection says; null for any other. */
export function certificateOf(stream: unknown): CertificateFacts | null {
  if (!(stream instanceof TLSSocket)) return null;
  const { subject, issuer, valid_to: validTo } = stream.getPeerCertificate();
  if (!validTo) return null;
  return { subject: nameIn(subject), issuer: nameIn(issuer), validTo: isoTime(Date.parse(validTo)) };
}

/** The certificate that is shown to a client which believes everything; null: no TLS is spoken there. */
export function lookForCertificate(port: Port, clock: Clock): Promise<CertificateFacts | null> {
  const socket = connectTls({
    ...port,
    ...(isIP(port.host) === 0 && { servername: port.host }),
    rejectUnauthorized: false,
  });
  return within(socket, clock, (found) => socket.once('secureConnect', () => found(certificateOf(socket))));
}

/** What is answered to MQTT without TLS and without a login; null: nothing. */
export function lookForPlainAnswer(port: Port, clock: Clock): Promise<Buffer | null> {
  const socket = connectPlain(port, () => socket.write(CONNECT));
  return within(socket, clock, (found) => socket.once('data', found));
}

function within<Found>(
  socket: Socket,
  clock: Clock,
  listen: (found: (what: Found | null) => void) => void,
): Promise<Found | null> {
  return new Promise((resolve) => {
    const found = (what: Found | null) => {
      cancel();
      socket.destroy();
      resolve(what);
    };
    const cancel = clock.after(LOOK_MAX_MS, () => found(null));
    socket.on('error', () => found(null));
    socket.on('close', () => found(null));
    listen(found);
  });
}
