// The drivers for clients of the package `redis`.
import { roleOf, type Subscriber, type RedisDriver } from './driver.js';
import { slotOf } from './hash-slot.js';

/** What the adapter uses of `createClient()` of the package `redis`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly options?: { socket?: object };
  connect(): Promise<unknown>;
  destroy(): void;
  duplicate(overrides?: object): NodeRedisClient;
  on(event: string, listener: () => void): unknown;
  sendCommand(args: string[], options?: CommandOptions): Promise<unknown>;
  subscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channels: string[]): Promise<unknown>;
  sSubscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
  sUnsubscribe(channels: string[]): Promise<unknown>;
}

/** What the adapter uses of `createCluster()` of the package `redis`. */
export interface NodeRedisCluster {
  readonly isOpen: boolean;
  /** Older versions have none. */
  readonly isReady?: boolean;
  readonly slots: readonly { readonly master: unknown }[];
  destroy(): void;
  nodeClient(node: unknown): Promise<NodeRedisClient>;
  sendCommand(
    firstKey: string,
    isReadonly: boolean,
    args: string[],
    options?: CommandOptions,
  ): Promise<unknown>;
}

interface CommandOptions {
  abortSignal?: AbortSignal;
  timeout?: number;
}

// The adapter's own deadline aborts the command; a second timer for each would be useless.
const commandOptions = (abortSignal: AbortSignal): CommandOptions => ({ abortSignal, timeout: 0 });

export function nodeRedisDriver(client: NodeRedisClient): RedisDriver {
  const publish: RedisDriver['publish'] = (channel, frame, signal) =>
    client.sendCommand(['PUBLISH', channel, frame], commandOptions(signal));
  return {
    sharded: false,
    readiness() {
      if (client.isReady) return 'ready';
      return client.isOpen ? 'opening' : 'closed';
    },
    publish,
    probe: publish,
    role: async (signal) => roleOf(await client.sendCommand(['HELLO'], commandOptions(signal))),
    subscriber: async () => new NodeRedisSubscriber(client, false),
  };
}

export function nodeRedisClusterDriver(cluster: NodeRedisCluster): RedisDriver {
  const publish: RedisDriver['publish'] = (channel, frame, signal) =>
    cluster.sendCommand(channel, false, ['SPUBLISH', channel, frame], commandOptions(signal));
  return {
    sharded: true,
    readiness() {
      if (!cluster.isOpen) return 'closed';
      return cluster.isReady === false ? 'opening' : 'ready';
    },
    publish,
    probe: publish,
    async subscriber(channel) {
      const shard = cluster.slots[slotOf(channel)];
      if (!shard) throw new Error('The cluster client has no server for the channel.');
      return new NodeRedisSubscriber(await cluster.nodeClient(shard.master), true);
    },
  };
}

class NodeRedisSubscriber implements Subscriber {
  readonly #client: NodeRedisClient;

  constructor(
    original: NodeRedisClient,
    private readonly sharded: boolean,
  ) {
    this.#client = original.duplicate({
      socket: { ...original.options?.socket, reconnectStrategy: false },
      // The cache and the invalidations belong to the application's own connection.
      clientSideCache: undefined,
      emitInvalidate: false,
    });
  }

  async open(
    channels: string[],
    onFrame: (frame: string) => void,
    onLost: () => void,
  ): Promise<void> {
    const client = this.#client;
    client.on('error', onLost);
    client.on('sharded-channel-moved', onLost);
    await client.connect();
    if (this.sharded) await client.sSubscribe(channels, onFrame);
    else await client.subscribe(channels, onFrame);
  }

  unsubscribe(channels: string[]): Promise<unknown> {
    return this.sharded ? this.#client.sUnsubscribe(channels) : this.#client.unsubscribe(channels);
  }

  destroy(): void {
    try {
      this.#client.destroy();
    } catch {
      // Some versions throw when it is closed already.
    }
  }
}
