import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '../platform/manual-clock.ts';

type Fixture = { url: string; clock: ManualClock; requests: { message: IncomingMessage; body: string }[] };

/** An HTTP server for the length of `work`, on a free port of this machine. */
export async function withServer(
  answer: (response: ServerResponse, clock: ManualClock) => void,
  work: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const requests: Fixture['requests'] = [];
  const listener: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      requests.push({ message, body: Buffer.concat(chunks).toString() });
      answer(response, clock);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work({ url: `http://127.0.0.1:${port}`, clock, requests });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  }
}
