import { EVERYONE, type AdapterListener, type AdapterMember } from '../cluster/adapter/adapter.js';
import { McpSseError } from '../errors.js';
import type { Subscriber, RedisDriver } from './driver.js';
import { within } from './within.js';

const JOIN_MS = 4_500;
const PUBLISH_MS = 1_400;
const OPEN_MS = 2_000;
const UNSUBSCRIBE_MS = 500;
/** How often a member in reach makes sure that it is. */
const CHECK_MS = 2_000;
/** The delay before the first try after a failure; it doubles with each. */
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/**
 * One node on Redis. A connection of its own, the ear, listens to its address and to everyone's;
 * an ear that is lost is replaced. From time to time, and after every failure, the member sends
 * itself a mark: only what has come back through publisher, server and ear shows that all three
 * work. A connection that died without a word, or a channel that has moved to another shard, would
 * not be noticed for minutes otherwise.
 */
export class RedisMember implements AdapterMember {
  readonly #own: string;
  readonly #everyone: string;
  readonly #markPrefix: string;
  #marks = 0;
  #onMark: ((mark: string) => void) | undefined;
  #subscriber: Subscriber | undefined;
  #up = false;
  /** A publish has failed, and none has worked since. */
  #publishFails = false;
  #failures = 0;
  /** Whether it is looking already: while it joins, too. */
  #checking = true;
  #timer: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  private constructor(
    private readonly port: RedisDriver,
    private readonly prefix: string,
    self: string,
    private readonly listener: AdapterListener,
  ) {
    this.#own = this.#channel(self);
    this.#everyone = this.#channel(EVERYONE);
    // No frame of a node begins with NUL; the address keeps marks apart from other nodes'.
    this.#markPrefix = `\0${self}:`;
  }

  static async join(
    port: RedisDriver,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ): Promise<RedisMember> {
    const member = new RedisMember(port, prefix, self, listener);
    try {
      await within(JOIN_MS, 'Joining over Redis', async (signal) => {
        await ready(port, signal);
        await member.#reach();
      });
    } catch (error) {
      await member.leave();
      throw error;
    }
    member.#checking = false;
    member.#tell(true);
    member.#checkAfter(CHECK_MS);
    return member;
  }

  async send(to: string, frame: string): Promise<boolean> {
    if (this.#leaving) throw new McpSseError('adapter-unavailable', 'This node has left.');
    // What is written to a server that hangs would be delivered when it goes on, too late.
    if (this.#publishFails) throw new McpSseError('adapter-unavailable', 'Redis does not answer.');
    return (await this.#publish('publish', this.#channel(to), frame)) > 0;
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  #channel(address: string): string {
    return `${this.prefix}:${address}`;
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    const ear = this.#subscriber;
    this.#subscriber = undefined;
    if (!ear) return;
    // Unsubscribed first: a server can count a connection that is closed for a moment longer.
    const channels = [this.#own, this.#everyone];
    if (this.#up) {
      await within(UNSUBSCRIBE_MS, 'Unsubscribing', () => ear.unsubscribe(channels)).catch(
        () => undefined,
      );
    }
    ear.destroy();
  }

  async #publish(way: 'publish' | 'probe', channel: string, frame: string): Promise<number> {
    if (this.port.readiness() !== 'ready') {
      this.#suspect();
      throw new McpSseError('adapter-unavailable', 'The Redis client is not connected.');
    }
    try {
      const receivers = await within(PUBLISH_MS, 'PUBLISH', (signal) =>
        this.port[way](channel, frame, signal),
      );
      this.#publishFails = false;
      return Number(receivers);
    } catch (error) {
      this.#publishFails = true;
      this.#suspect();
      throw error;
    }
  }

  async #reach(): Promise<void> {
    if (!this.#subscriber) {
      // By the answer a cluster client learns which server has the channel now, and where there
      // is no answer, there is nothing to listen to.
      await this.#publish('probe', this.#own, this.#markPrefix);
      await this.#listen();
      this.#mustListen();
    }
    await this.#proveReach();
    this.#mustListen();
  }

  async #listen(): Promise<void> {
    const ear = await within(OPEN_MS, 'Finding a server', () => this.port.subscriber(this.#own));
    if (this.#leaving) {
      ear.destroy();
      throw new Error('This node has left.');
    }
    this.#subscriber = ear;
    try {
      await within(OPEN_MS, 'SUBSCRIBE', () =>
        ear.open(
          [this.#own, this.#everyone],
          (frame) => {
            this.#onFrame(frame);
          },
          () => {
            if (this.#subscriber === ear) this.#drop();
          },
        ),
      );
    } catch (error) {
      ear.destroy();
      this.#subscriber = undefined;
      throw error;
    }
  }

  /** The ear may have been lost while the last answer was on its way. */
  #mustListen(): void {
    if (!this.#subscriber) throw new Error('The connection to Redis was lost.');
  }

  #onFrame(frame: string): void {
    if (this.#leaving) return;
    if (frame.startsWith(this.#markPrefix)) this.#onMark?.(frame);
    else this.listener.frame(frame);
  }

  /** The ear is of no use any more: a new one is opened. */
  #drop(): void {
    this.#subscriber?.destroy();
    this.#subscriber = undefined;
    this.#tell(false);
    this.#checkAfter(RETRY_MS);
  }

  /** Sends a mark to the member's own address. Rejects unless it comes back. */
  async #proveReach(): Promise<void> {
    const mark = this.#markPrefix + String((this.#marks += 1));
    const heard = new Promise<void>((resolve) => {
      this.#onMark = (came) => {
        if (came === mark) resolve();
      };
    });
    const receivers = await this.#publish('probe', this.#own, mark);
    try {
      if (receivers === 0) throw new Error('Redis does not know that this node listens.');
      await within(PUBLISH_MS, 'The way back from Redis', () => heard);
    } catch (error) {
      // The publisher works, so it is the ear that does not.
      this.#drop();
      throw error;
    }
  }

  /** Something went wrong: look now. While the member is down, tries are due anyway. */
  #suspect(): void {
    if (this.#up) this.#checkAfter(RETRY_MS);
  }

  #checkAfter(ms: number): void {
    if (this.#leaving || this.#checking) return;
    clearTimeout(this.#timer);
    // Jitter, so that all nodes do not come back to a restarted server at once.
    const delay = ms * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#check(), delay).unref();
  }

  async #check(): Promise<void> {
    this.#checking = true;
    let up = true;
    try {
      await this.#reach();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      up = false;
    }
    this.#checking = false;
    this.#tell(up);
    this.#checkAfter(up ? CHECK_MS : Math.min(RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS));
  }

  #tell(up: boolean): void {
    if (this.#up === up || this.#leaving) return;
    this.#up = up;
    this.listener.state(up);
  }
}

/** Waits for a client that is on its way up. */
async function ready(port: RedisDriver, signal: AbortSignal): Promise<void> {
  for (;;) {
    const readiness = port.readiness();
    if (readiness === 'ready') return;
    if (signal.aborted) throw new Error('The Redis client does not connect.');
    if (readiness === 'closed') {
      throw new McpSseError(
        'invalid-option',
        'redisAdapter: the client is not connected. It is yours: call `connect()` first.',
      );
    }
    // Asking is the one way that all clients share.
    await new Promise((resolve) => setTimeout(resolve, 20).unref());
  }
}
