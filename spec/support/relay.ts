import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

export interface RelayOptions {
  /**
   * How many bytes of the next stream pass, counted behind the head of its answer, before it is
   * cut; undefined spares it.
   */
  cutAfter?: () => number | undefined;
}

/**
 * A TCP relay in front of a server that cuts streams, by FIN and by RST in turn. POSTs pass
 * untouched.
 */
export class Relay {
  /** Streams that were cut so far. */
  cuts = 0;
  readonly #serverPort: number;
  readonly #cutAfter: () => number | undefined;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #spares = false;

  private constructor(serverPort: number, { cutAfter = () => undefined }: RelayOptions) {
    this.#serverPort = serverPort;
    this.#cutAfter = cutAfter;
    this.#server = createServer((near) => {
      this.#pass(near);
    });
  }

  static async to(serverPort: number, options: RelayOptions = {}): Promise<Relay> {
    const relay = new Relay(serverPort, options);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const passage of relay.#passages) passage.destroy();
      relay.#server.close();
    });
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing is cut. */
  spare(): void {
    this.#spares = true;
    for (const passage of this.#passages) passage.left = Infinity;
  }

  /** Cuts the streams that are open now. */
  cut(): void {
    for (const passage of this.#streams()) passage.cut();
  }

  /** The clients lose their streams, and the server does not notice. */
  loseClients(): void {
    for (const passage of this.#streams()) passage.loseClient();
  }

  *#streams(): Iterable<Passage> {
    for (const passage of this.#passages) if (passage.isStream) yield passage;
  }

  #pass(near: Socket): void {
    const passage = new Passage(near, connect(this.#serverPort, '127.0.0.1'), {
      began: () => (this.#spares ? Infinity : (this.#cutAfter() ?? Infinity)),
      cut: () => (this.cuts += 1) % 2 === 0,
      closed: () => this.#passages.delete(passage),
    });
    this.#passages.add(passage);
  }
}

interface Keeper {
  /** A stream has begun: after how many bytes it is to be cut. */
  began(): number;
  /** A stream is being cut: whether by RST. */
  cut(): boolean;
  closed(): void;
}

/** One connection through the relay. */
class Passage {
  isStream = false;
  /** Bytes of the stream that still pass. */
  left = Infinity;
  /** What has come of the head of the stream's answer, while it is not whole. */
  #head: string | undefined;
  #lost = false;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly keeper: Keeper,
  ) {
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (this.#lost && socket === near) return;
        this.destroy();
        keeper.closed();
      });
    }
    near.on('data', (chunk) => {
      this.#toServer(chunk);
    });
    far.on('data', (chunk) => {
      this.#toClient(chunk);
    });
  }

  cut(): void {
    this.isStream = false;
    this.far.removeAllListeners('data').resume();
    if (this.keeper.cut()) this.near.resetAndDestroy();
    else this.near.destroy();
  }

  loseClient(): void {
    this.#lost = true;
    this.isStream = false;
    this.near.destroy();
  }

  destroy(): void {
    this.near.destroy();
    this.far.destroy();
  }

  #toServer(chunk: Buffer): void {
    if (chunk.subarray(0, 4).toString() === 'GET ') {
      this.isStream = true;
      this.#head = '';
      this.left = this.keeper.began();
    }
    this.far.write(chunk);
  }

  #toClient(chunk: Buffer): void {
    if (this.#lost) return;
    const headBytes = this.#headBytes(chunk);
    const pass = chunk.subarray(0, headBytes + this.left);
    this.left -= chunk.length - headBytes;
    if (this.left >= 0) this.near.write(pass);
    else {
      this.near.write(pass, () => {
        this.cut();
      });
      this.far.removeAllListeners('data').resume();
    }
  }

  /** How many bytes of `chunk` still belong to the head of the stream's answer. */
  #headBytes(chunk: Buffer): number {
    if (this.#head === undefined) return 0;
    const before = this.#head.length;
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return chunk.length;
    this.#head = undefined;
    return end + 4 - before;
  }
}
