// One node on NATS: a subscription to its address, and one to everyone's.
import { EVERYONE, type AdapterListener, type AdapterMember } from '../cluster/adapter/adapter.js';
import { hasLeft, notSent, Reachability } from '../cluster/adapter/reachability.js';
import { within } from '../cluster/adapter/within.js';
import { McpSseError } from '../errors.js';
import { pause } from '../util/promises.js';
import { performance } from '../util/timers.js';
import type { ConnectionMonitor, NatsMessage } from './connection-monitor.js';

const JOIN_MS = 4_500;
const ANSWER_MS = 1_400;
const UNSUBSCRIBE_MS = 500;

export class NatsMember implements AdapterMember {
  readonly #monitor: ConnectionMonitor;
  readonly #prefix: string;
  readonly #listener: AdapterListener;
  readonly #reachability: Reachability;
  readonly #subscriptions: { unsubscribe(): void }[] = [];
  readonly #unwatch: () => void;
  #leaving: Promise<void> | undefined;

  private constructor(
    monitor: ConnectionMonitor,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ) {
    this.#monitor = monitor;
    this.#prefix = prefix;
    this.#listener = listener;
    this.#reachability = new Reachability(listener, () => this.#check());
    for (const subject of [this.#subject(self), this.#subject(EVERYONE)]) {
      this.#subscriptions.push(
        monitor.connection.subscribe(subject, {
          callback: (error, message) => {
            if (!error) this.#onFrame(message);
          },
        }),
      );
    }
    this.#unwatch = monitor.onChange(() => {
      if (monitor.connected) this.#reachability.connectionBack();
      else this.#reachability.lost(disconnected());
    });
  }

  static async join(
    monitor: ConnectionMonitor,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ): Promise<NatsMember> {
    if (monitor.connection.isClosed()) {
      throw new McpSseError(
        'invalid-option',
        'natsAdapter: the connection is closed. Connect again, with maxReconnectAttempts: -1.',
      );
    }
    const member = new NatsMember(monitor, prefix, self, listener);
    try {
      await member.#join();
    } catch (error) {
      await member.leave();
      throw error;
    }
    member.#reachability.start();
    return member;
  }

  /** [spec] NATS client protocol, INFO: the bytes of the largest payload that the server takes. */
  get maxFrameBytes(): number | undefined {
    return this.#monitor.connection.info?.max_payload;
  }

  async send(to: string, frame: string): Promise<boolean> {
    if (this.#leaving) throw hasLeft();
    // The client would keep the frame until it reconnects, and a hanging server until it resumes.
    if (!this.#reachability.up) throw notSent('NATS is out of reach.');
    if (Buffer.byteLength(frame) > (this.maxFrameBytes ?? Infinity)) {
      const why = "The frame is larger than the server's max_payload.";
      throw new McpSseError('message-too-large', why);
    }
    const { connection } = this.#monitor;
    if (to === EVERYONE) {
      connection.publish(this.#subject(to), frame);
      return true;
    }
    try {
      await connection.request(this.#subject(to), frame, { timeout: ANSWER_MS });
      return true;
    } catch (error) {
      if (saysNobodyListens(error)) return false;
      this.#reachability.suspect();
      throw error;
    }
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  #subject(address: string): string {
    // `*` is a wildcard in NATS, and no address contains `$`.
    return `${this.#prefix}.${address === EVERYONE ? '$all' : address}`;
  }

  async #leave(): Promise<void> {
    this.#reachability.stop();
    this.#unwatch();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (this.#reachability.up) await this.#serverAnswers(UNSUBSCRIBE_MS).catch(() => undefined);
  }

  async #join(): Promise<void> {
    const deadline = performance.now() + JOIN_MS;
    for (;;) {
      try {
        // An answer shows that the server has the subscriptions, which were sent before.
        await this.#serverAnswers(deadline - performance.now());
        return;
      } catch (error) {
        // A client that is reconnecting rejects after each attempt.
        if (this.#monitor.connection.isClosed() || performance.now() > deadline) throw error;
        await pause(50);
      }
    }
  }

  #onFrame(message: NatsMessage): void {
    if (this.#leaving) return;
    message.respond();
    const { buffer, byteOffset, byteLength } = message.data;
    // The message's own `string()` would take a byte order mark away.
    this.#listener.frame(Buffer.from(buffer, byteOffset, byteLength).toString());
  }

  async #check(): Promise<void> {
    await this.#serverAnswers(ANSWER_MS);
    if (!this.#monitor.connected) throw disconnected();
  }

  #serverAnswers(ms: number): Promise<void> {
    return within(ms, 'An answer of NATS', () => this.#monitor.connection.flush());
  }
}

function disconnected(): Error {
  return new Error('The connection to NATS was lost.');
}

/** `@nats-io/nats-core` names the cause of the error, `nats` gives it the code 503. */
function saysNobodyListens(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === '503') return true;
  return error.name === 'NoResponders' || saysNobodyListens(error.cause);
}
