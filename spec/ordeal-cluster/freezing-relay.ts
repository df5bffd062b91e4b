import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The network between one node and the engine. While it is frozen nothing passes, not even the
 * end of a connection, and nobody is told: what a partition looks like. Later it all arrives.
 */
export class FreezingRelay {
  /** Bytes that are held back now, or were until the last thaw. */
  readonly held = { toEngine: 0, fromEngine: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;
  #late: (() => void)[] = [];

  private constructor(private readonly enginePort: number) {
    this.#server = createServer((near) => {
      this.#afterThaw(() => {
        this.#join(near);
      });
    });
  }

  static async to(enginePort: number): Promise<FreezingRelay> {
    const relay = new FreezingRelay(enginePort);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#frozen = true;
    this.held.toEngine = this.held.fromEngine = 0;
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
    const far = connect(this.enginePort, '127.0.0.1');
    this.#forward(near, far, 'toEngine');
    this.#forward(far, near, 'fromEngine');
  }

  #forward(from: Socket, to: Socket, way: 'toEngine' | 'fromEngine'): void {
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
