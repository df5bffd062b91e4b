import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
}

/** A TCP cable to a local server that can be cut, or lose a connection without a word. */
export class Wire {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Those whose client is not to notice that nobody is there any more. */
  readonly #lost = new Set<Socket>();
  #lingers = false;

  private constructor(serverPort: number) {
    this.#server = createServer((near) => {
      this.#pass({ near, far: connect(serverPort, '127.0.0.1') });
    });
  }

  static async to(serverPort: number): Promise<Wire> {
    const wire = new Wire(serverPort);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets all connections; new ones pass. */
  cut(): number {
    const { size } = this.#connections;
    for (const { near, far } of this.#connections) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    return size;
  }

  /** The connection that was made last goes dead: its client hears nothing, not even its end. */
  loseLast(): void {
    const last = [...this.#connections].at(-1)!;
    last.near.removeAllListeners('data').resume();
    this.#lost.add(last.near);
    last.far.destroy();
  }

  /** From now on the server does not learn that a client has closed its connection. */
  linger(): void {
    this.#lingers = true;
  }

  close(): void {
    this.#lingers = false;
    this.cut();
    for (const near of this.#lost) near.destroy();
    this.#server.close();
  }

  #pass(connection: Connection): void {
    const { near, far } = connection;
    this.#connections.add(connection);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => near.write(chunk));
    for (const socket of [near, far]) {
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => {
        if (this.#lingers) return;
        this.#connections.delete(connection);
        far.destroy();
        if (!this.#lost.has(near)) near.destroy();
      });
    }
  }
}
