import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A wire between the bridge and its broker that can be cut, or left hanging as a dead radio link does. */
export class Wire {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<[Socket, Socket]>();
  #mode: 'open' | 'cut' | 'stalled' | 'held' = 'open';

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (near) => this.#accept(near));
  }

  static async to(port: number): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server, port);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#mode = 'cut';
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Keeps connections open but lets nothing through in either direction; new ones hang too. */
  stall(): void {
    this.#mode = 'stalled';
    for (const [near, far] of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** Lets nothing of the bridge reach its broker, while it still hears it: acknowledgements are held back. */
  holdUpstream(): void {
    this.#mode = 'held';
    for (const [near] of this.#pairs) near.pause();
  }

  /** As good as new: what was stalled or held back flows on. */
  heal(): void {
    this.#mode = 'open';
    for (const [near, far] of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#mode === 'cut') {
      near.destroy();
      return;
    }
    near.setNoDelay(true);
    const far = connect(this.#target, '127.0.0.1').setNoDelay(true);
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', end);
      from.on('close', end);
    }
    if (this.#mode === 'stalled' || this.#mode === 'held') near.pause();
    if (this.#mode === 'stalled') far.pause();
  }
}
