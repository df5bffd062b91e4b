// One node on Redis: it publishes with the application's client and has a subscriber of its own.
import { EVERYONE, type AdapterListener, type AdapterMember } from '../cluster/adapter/adapter.js';
import { hasLeft, notSent, Reachability } from '../cluster/adapter/reachability.js';
import { within } from '../cluster/adapter/within.js';
import { McpSseError } from '../errors.js';
import { pause } from '../util/promises.js';
import type { RedisDriver, Subscriber } from './driver.js';

const JOIN_MS = 4_500;
const PUBLISH_MS = 1_400;
const OPEN_MS = 2_000;
const UNSUBSCRIBE_MS = 500;
/**
 * `hooks.onError` shows it: a blocking command of the application delays all commands behind it.
 */
const PUBLISHING =
  'PUBLISH (is the client busy with a blocking command, such as BLPOP? Give the adapter its own)';

/**
 * A member listens at its own address and at everyone's on a connection of its own, the subscriber,
 * which is replaced when it is lost. From time to time, and after every failure, it publishes an
 * echo to itself: only an echo that comes back shows that client, server and subscriber all work.
 * Without it, a connection that died in silence, or a channel that moved to another shard, would go
 * unnoticed for minutes.
 */
export class RedisMember implements AdapterMember {
  readonly #driver: RedisDriver;
  readonly #prefix: string;
  readonly #listener: AdapterListener;
  readonly #reachability: Reachability;
  readonly #own: string;
  readonly #everyone: string;
  readonly #echoPrefix: string;
  /** As `AdapterMember.listeners`. */
  listeners: number | undefined;
  #echoes = 0;
  #onEcho: ((echo: string) => void) | undefined;
  #subscriber: Subscriber | undefined;
  /** A publish has failed, and none has worked since. */
  #publishFails = false;
  #leaving: Promise<void> | undefined;

  private constructor(
    driver: RedisDriver,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ) {
    this.#driver = driver;
    this.#prefix = prefix;
    this.#listener = listener;
    this.#reachability = new Reachability(listener, () => this.#reach());
    this.#own = this.#channel(self);
    this.#everyone = this.#channel(EVERYONE);
    // No frame of a node begins with NUL; the address keeps echoes apart from other nodes'.
    this.#echoPrefix = `\0${self}:`;
  }

  static async join(
    driver: RedisDriver,
    prefix: string,
    self: string,
    listener: AdapterListener,
  ): Promise<RedisMember> {
    const member = new RedisMember(driver, prefix, self, listener);
    try {
      await within(JOIN_MS, 'Joining over Redis', async (signal) => {
        await ready(driver, signal);
        await member.#reach();
      });
    } catch (error) {
      await member.leave();
      throw error;
    }
    member.#reachability.start();
    return member;
  }

  async send(to: string, frame: string): Promise<boolean> {
    if (this.#leaving) throw hasLeft();
    // A hanging server would deliver the frame when it resumes, which is too late.
    if (this.#publishFails) throw notSent('Redis does not answer.');
    const receivers = await this.#publish('publish', this.#channel(to), frame);
    if (to === EVERYONE) this.listeners = receivers;
    return receivers > 0;
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  #channel(address: string): string {
    return `${this.#prefix}:${address}`;
  }

  async #leave(): Promise<void> {
    this.#reachability.stop();
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    if (!subscriber) return;
    // Unsubscribes first: for a moment, a server may still count a closed connection.
    const unsubscribe = (): Promise<unknown> => subscriber.unsubscribe([this.#own, this.#everyone]);
    if (this.#reachability.up) {
      await within(UNSUBSCRIBE_MS, 'Unsubscribing', unsubscribe).catch(() => undefined);
    }
    subscriber.destroy();
  }

  async #publish(way: 'publish' | 'probe', channel: string, frame: string): Promise<number> {
    if (this.#driver.readiness() !== 'ready') {
      this.#reachability.suspect();
      throw notSent('The Redis client is not connected.');
    }
    try {
      const receivers = await within(PUBLISH_MS, PUBLISHING, (signal) =>
        this.#driver[way](channel, frame, signal),
      );
      this.#publishFails = false;
      return Number(receivers);
    } catch (error) {
      this.#publishFails = true;
      this.#reachability.suspect();
      throw error;
    }
  }

  /** Opens the subscriber if necessary; rejects unless it gets what this node publishes. */
  async #reach(): Promise<void> {
    const role = this.#role();
    if (!this.#subscriber) {
      // The answer tells a cluster client which server has the channel now. Without an answer there
      // is nothing to listen to.
      await this.#publish('probe', this.#own, this.#echoPrefix);
      await this.#subscribe();
      this.#mustSubscribe();
    }
    await this.#awaitEcho();
    this.#mustSubscribe();
    if ((await role) === 'replica')
      throw new Error('The Redis client is connected to a replica: connect it to the master.');
  }

  /**
   * The server's role. A master passes frames on to its replicas, but a replica passes none to its
   * master: after a failover this node would receive frames of the others, and they would get none
   * of its own.
   */
  async #role(): Promise<string | undefined> {
    const { role } = this.#driver;
    if (!role || this.#driver.readiness() !== 'ready') return undefined;
    // Older servers do not know the command, and a user may not have the permission.
    return within(PUBLISH_MS, 'HELLO', role).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    const subscriber = await within(OPEN_MS, 'Finding a server', () =>
      this.#driver.subscriber(this.#own),
    );
    if (this.#leaving) {
      subscriber.destroy();
      throw hasLeft();
    }
    this.#subscriber = subscriber;
    const onFrame = (frame: string): void => {
      this.#onFrame(frame);
    };
    const onLost = (): void => {
      if (this.#subscriber === subscriber) this.#dropSubscriber();
    };
    try {
      await within(OPEN_MS, 'SUBSCRIBE', () =>
        subscriber.open([this.#own, this.#everyone], onFrame, onLost),
      );
    } catch (error) {
      subscriber.destroy();
      this.#subscriber = undefined;
      throw error;
    }
  }

  /** Throws if the subscriber was lost while the last answer was on its way. */
  #mustSubscribe(): void {
    if (!this.#subscriber) throw subscriberLost();
  }

  #onFrame(frame: string): void {
    if (this.#leaving) return;
    if (frame.startsWith(this.#echoPrefix)) this.#onEcho?.(frame);
    else this.#listener.frame(frame);
  }

  /** Drops a subscriber that has failed, so that a new one opens. */
  #dropSubscriber(): void {
    this.#subscriber?.destroy();
    this.#subscriber = undefined;
    this.#reachability.lost(subscriberLost());
  }

  /** Publishes an echo to the member's own address. Rejects unless it comes back. */
  async #awaitEcho(): Promise<void> {
    const echo = this.#echoPrefix + String((this.#echoes += 1));
    const cameBack = new Promise<void>((resolve) => {
      this.#onEcho = (came) => {
        if (came === echo) resolve();
      };
    });
    const receivers = await this.#publish('probe', this.#own, echo);
    try {
      if (receivers === 0) throw new Error('Redis has lost the subscription of this node.');
      await within(PUBLISH_MS, 'The echo of Redis', () => cameBack);
    } catch (error) {
      // The application's client works, so the subscriber must have failed.
      this.#dropSubscriber();
      throw error;
    }
  }
}

function subscriberLost(): Error {
  return new Error('The connection to Redis was lost.');
}

/** Waits for a client that is connecting. */
async function ready(driver: RedisDriver, signal: AbortSignal): Promise<void> {
  for (;;) {
    const readiness = driver.readiness();
    if (readiness === 'ready') return;
    if (signal.aborted) throw new Error('The Redis client does not connect.');
    if (readiness === 'closed') {
      throw new McpSseError(
        'invalid-option',
        'redisAdapter: the client is not connected. Call `await client.connect()` first.',
      );
    }
    // Polling is the only way that all clients share.
    await pause(20);
  }
}
