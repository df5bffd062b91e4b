import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Way = 'toServer' | 'toClient';

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
  #frozen: 'not' | 'both ways' | Way = 'not';
  #late: (() => void)[] = [];
  #delayMs = 0;
  #refusing = false;

  private constructor(private serverPort: number) {
    this.#server = createServer((near) => {
      if (this.#refusing) near.resetAndDestroy();
      else {
        this.#afterThaw('toServer', () => {
          this.#join(near);
        });
      }
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

  /** @param way the only direction in which nothing passes */
  freeze(way: 'both ways' | Way = 'both ways'): void {
    this.#frozen = way;
    this.held.toServer = this.held.toClient = 0;
  }

  thaw(): void {
    this.#frozen = 'not';
    for (const pass of this.#late.splice(0)) pass();
  }

  /** Everything takes so much longer from now on, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends all connections, and takes no new ones until it is called with false. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) this.#reset();
  }

  /** Ends all connections; new ones lead to another server. */
  leadTo(serverPort: number): void {
    this.serverPort = serverPort;
    this.#reset();
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

  #reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #holds(way: Way): boolean {
    return this.#frozen === 'both ways' || this.#frozen === way;
  }

  #afterThaw(way: Way, pass: () => void): void {
    if (this.#holds(way)) this.#late.push(pass);
    else if (this.#delayMs > 0) setTimeout(pass, this.#delayMs);
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

  #forward(from: Socket, to: Socket, way: Way): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      if (this.#holds(way)) this.held[way] += chunk.length;
      this.#afterThaw(way, () => to.write(chunk));
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#afterThaw(way, () => {
        to.destroySoon();
      });
    });
  }
}
