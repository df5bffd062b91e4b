import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The network in front of a server. While it is frozen nothing passes, not even the end of a
 * connection, as in a partition. After the thaw everything arrives.
 */
export class TcpRelay {
  /** Bytes that are held back now, or were until the last thaw. */
  readonly held = { toServer: 0, toClient: 0 };
  /** How each client ended its stream: by FIN or by RST. Those that were cut here are not among them. */
  readonly streamEnds: ('FIN' | 'RST')[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The clients' ends of the connections that carry a stream. */
  readonly #streams = new Set<Socket>();
  #frozen = false;
  #late: (() => void)[] = [];

  private constructor(private readonly serverPort: number) {
    this.#server = createServer((near) => {
      this.#afterThaw(() => {
        this.#join(near);
      });
    });
  }

  static async to(serverPort: number): Promise<TcpRelay> {
    const relay = new TcpRelay(serverPort);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#frozen = true;
    this.held.toServer = this.held.toClient = 0;
  }

  thaw(): void {
    this.#frozen = false;
    for (const pass of this.#late.splice(0)) pass();
  }

  /** Resets the connections of the clients that have asked for `/sse`; POSTs pass. */
  cutStreams(): void {
    for (const stream of this.#streams) stream.resetAndDestroy();
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
    const far = connect(this.serverPort, '127.0.0.1');
    near.on('data', (chunk: Buffer) => {
      if (chunk.subarray(0, 8).toString() === 'GET /sse') this.#streams.add(near);
    });
    near.once('end', () => {
      if (this.#streams.has(near)) this.streamEnds.push('FIN');
    });
    near.once('error', () => {
      if (this.#streams.has(near)) this.streamEnds.push('RST');
    });
    near.on('close', () => this.#streams.delete(near));
    this.#forward(near, far, 'toServer');
    this.#forward(far, near, 'toClient');
  }

  #forward(from: Socket, to: Socket, way: 'toServer' | 'toClient'): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      if (this.#frozen) this.held[way] += chunk.length;
      this.#afterThaw(() => to.write(chunk));
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#afterThaw(() => {
        to.destroySoon();
      });
    });
  }
}
