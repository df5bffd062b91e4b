import { EVERYONE, type AdapterListener, type AdapterMember } from '../cluster/adapter/adapter.js';
import { McpSseError } from '../errors.js';
import type { ConnectionMonitor, NatsMessage } from './connection-monitor.js';

const JOIN_MS = 4_500;
const ANSWER_MS = 1_400;
const UNSUBSCRIBE_MS = 500;
/** How often a member makes sure that the server answers. */
const CHECK_MS = 2_000;
/** The same, while it does not. */
const RETRY_MS = 250;

/** One node on NATS: a subscription to its address, and one to everyone's. */
export class NatsMember implements AdapterMember {
  readonly #subscriptions: { unsubscribe(): void }[] = [];
  readonly #unwatch: () => void;
  #up = false;
  #checking = false;
  #timer: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  private constructor(
    private readonly line: ConnectionMonitor,
    private readonly prefix: string,
    self: string,
    private readonly listener: AdapterListener,
  ) {
    for (const subject of [this.#subject(self), this.#subject(EVERYONE)]) {
      this.#subscriptions.push(
        line.connection.subscribe(subject, {
          callback: (error, message) => {
            if (!error) this.#onFrame(message);
          },
        }),
      );
    }
    this.#unwatch = line.onChange(() => {
      if (!line.connected) this.#tell(false);
      else void this.#check();
    });
  }

  static async join(
    line: ConnectionMonitor,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ): Promise<NatsMember> {
    if (line.connection.isClosed()) {
      throw new McpSseError(
        'invalid-option',
        'natsAdapter: the connection is closed, and only you can open another one.',
      );
    }
    const member = new NatsMember(line, prefix, self, listener);
    try {
      await member.#join();
    } catch (error) {
      await member.leave();
      throw error;
    }
    return member;
  }

  async send(to: string, frame: string): Promise<boolean> {
    if (this.#leaving) throw new McpSseError('adapter-unavailable', 'This node has left.');
    // The client would keep it until it has reconnected, and a server that hangs until it goes on.
    if (!this.#up) throw new McpSseError('adapter-unavailable', 'NATS is out of reach.');
    const { connection } = this.line;
    if (to === EVERYONE) {
      connection.publish(this.#subject(to), frame);
      return true;
    }
    try {
      await connection.request(this.#subject(to), frame, { timeout: ANSWER_MS });
      return true;
    } catch (error) {
      if (saysNobodyListens(error)) return false;
      void this.#check();
      throw error;
    }
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  #subject(address: string): string {
    // An asterisk has a meaning of its own in NATS. Addresses have no `$`.
    return `${this.prefix}.${address === EVERYONE ? '$all' : address}`;
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#unwatch();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (this.#up) await this.#serverAnswers(UNSUBSCRIBE_MS).catch(() => undefined);
  }

  async #join(): Promise<void> {
    const deadline = performance.now() + JOIN_MS;
    for (;;) {
      try {
        // The subscriptions were sent before.
        await this.#serverAnswers(deadline - performance.now());
        break;
      } catch (error) {
        // A client that reconnects rejects with each of its tries.
        if (this.line.connection.isClosed() || performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50).unref());
      }
    }
    this.#tell(true);
    this.#checkAfter(CHECK_MS);
  }

  #onFrame(message: NatsMessage): void {
    if (this.#leaving) return;
    message.respond();
    const { buffer, byteOffset, byteLength } = message.data;
    // The message's own `string()` would take a byte order mark away.
    this.listener.frame(Buffer.from(buffer, byteOffset, byteLength).toString());
  }

  async #check(): Promise<void> {
    if (this.#checking || this.#leaving) return;
    this.#checking = true;
    const up = await this.#serverAnswers(ANSWER_MS).then(
      () => this.line.connected,
      () => false,
    );
    this.#checking = false;
    this.#tell(up);
    this.#checkAfter(up ? CHECK_MS : RETRY_MS);
  }

  #checkAfter(ms: number): void {
    if (this.#leaving) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), ms).unref();
  }

  #serverAnswers(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // [node] Timers run before what has come in over sockets: after a long pause of this
        // process, the answer that is there already must not lose to its deadline.
        setImmediate(() => {
          reject(new Error(`NATS did not answer within ${Math.round(ms)} ms.`));
        });
      }, ms).unref();
      void (async () => this.line.connection.flush())()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
        });
    });
  }

  #tell(up: boolean): void {
    if (this.#up === up || this.#leaving) return;
    this.#up = up;
    this.listener.state(up);
  }
}

/** `@nats-io/nats-core` names the cause of the error, `nats` gives it the code 503. */
function saysNobodyListens(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === '503') return true;
  return error.name === 'NoResponders' || saysNobodyListens(error.cause);
}
