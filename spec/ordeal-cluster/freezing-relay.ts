import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The network between one node and the adapter. While it is frozen nothing passes, not even the
 * end of a connection, and nobody is told: what a partition looks like. Later it all arrives.
 */
export class FreezingRelay {
  /** Bytes that are held back now, or were until the last thaw. */
  readonly held = { toAdapter: 0, fromAdapter: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;
  #late: (() => void)[] = [];

  private constructor(private readonly adapterPort: number) {
    this.#server = createServer((near) => {
      this.#afterThaw(() => {
        this.#join(near);
      });
    });
  }

  static async to(adapterPort: number): Promise<FreezingRelay> {
    const relay = new FreezingRelay(adapterPort);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#frozen = true;
    this.held.toAdapter = this.held.fromAdapter = 0;
  }

  thaw(): void {
    this.#frozen = false;
    for (const pass of this.#late.splice(0)) pass();
  }

  close(): void {
    this.thaw();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #afterThaw(pass: () => void): void {
    if (this.#frozen) this.#late.push(pass);
    else pass();
  }

  #join(near: Socket): void {
    const far = connect(this.adapterPort, '127.0.0.1');
    this.#forward(near, far, 'toAdapter');
    this.#forward(far, near, 'fromAdapter');
  }

  #forward(from: Socket, to: Socket, way: 'toAdapter' | 'fromAdapter'): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      if (this.#frozen) this.held[way] += chunk.length;
      this.#afterThaw(() => to.write(chunk));
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#afterThaw(() => to.destroy());
    });
  }
}
