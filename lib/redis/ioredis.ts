// The drivers for clients of the package `ioredis`.
import { McpSseError } from '../errors.js';
import { roleOf, type Subscriber, type RedisDriver } from './driver.js';
import { slotOf } from './hash-slot.js';

/** What the adapter uses of `new Redis()` of the package `ioredis`. */
export interface IoredisClient {
  readonly status: string;
  readonly options: {
    host?: string | undefined;
    port?: number | undefined;
    keyPrefix?: string | Buffer | undefined;
  };
  connect(): Promise<unknown>;
  disconnect(): void;
  duplicate(override?: object): IoredisClient;
  on(event: string, listener: (channel: string, message: string) => void): unknown;
  call(command: string): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  spublish(channel: string, message: string): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  ssubscribe(...channels: string[]): Promise<unknown>;
  sunsubscribe(...channels: string[]): Promise<unknown>;
}

/** What the adapter uses of `new Cluster()` of the package `ioredis`. */
export interface IoredisCluster {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { keyPrefix?: string | Buffer | undefined };
  readonly slots: readonly (readonly string[])[];
  nodes(): IoredisClient[];
  spublish(channel: string, message: string): Promise<unknown>;
}

function readiness(status: string): 'ready' | 'opening' | 'closed' {
  if (status === 'ready') return 'ready';
  return status === 'end' || status === 'wait' ? 'closed' : 'opening';
}

export function ioredisDriver(client: IoredisClient): RedisDriver {
  // ioredis cannot take a command back. One that is written but not answered when the connection
  // is lost is sent again after the reconnect, and can arrive after its `send` was given up,
  // unless the application has set `autoResendUnfulfilledCommands: false`. Nothing is sent while
  // the client is not ready, so its offline queue holds no frame for longer than it takes to
  // notice a lost socket.
  const publish = (channel: string, frame: string): Promise<unknown> =>
    client.publish(channel, frame);
  return {
    sharded: false,
    readiness: () => readiness(client.status),
    publish,
    probe: publish,
    role: async () => roleOf(await client.call('HELLO')),
    subscriber: async () => new IoredisSubscriber(client, ''),
  };
}

export function ioredisClusterDriver(cluster: IoredisCluster): RedisDriver {
  // The channel counts as a key here, so ioredis puts the application's key prefix before it.
  const keyPrefix = String(cluster.options.keyPrefix ?? '');
  const addressOf = (channel: string): string | undefined =>
    cluster.slots[slotOf(keyPrefix + channel)]?.[0];
  return {
    sharded: true,
    readiness: () => readiness(cluster.status),
    async publish(channel, frame) {
      // To the server itself: the cluster client would keep a failed command and retry for seconds.
      const address = addressOf(channel);
      const server = cluster
        .nodes()
        .find(({ options: { host, port } }) => [host, port].join(':') === address);
      if (server?.status !== 'ready')
        throw new McpSseError(
          'adapter-unavailable',
          'The cluster client is not connected to the server of the channel.',
        );
      // The server's client adds the key prefix itself if `redisOptions` has it.
      return server.spublish(server.options.keyPrefix ? channel : keyPrefix + channel, frame);
    },
    probe: (channel, echo) => cluster.spublish(channel, echo),
    async subscriber(channel) {
      const address = addressOf(channel);
      // Any server has the settings; the client drops servers that it has lost.
      const [server] = cluster.nodes();
      if (!address || !server) throw new Error('The cluster client has no server to connect to.');
      const colon = address.lastIndexOf(':');
      const place = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
      return new IoredisSubscriber(server, keyPrefix, place);
    },
  };
}

class IoredisSubscriber implements Subscriber {
  readonly #client: IoredisClient;
  readonly #sharded: boolean;

  /** @param place the server of a cluster; undefined without a cluster */
  constructor(
    original: IoredisClient,
    private readonly keyPrefix: string,
    place?: { host: string; port: number },
  ) {
    this.#sharded = place !== undefined;
    this.#client = original.duplicate({
      ...place,
      lazyConnect: true,
      keyPrefix: '',
      // The client must not reconnect or resubscribe by itself: with `maxRetriesPerRequest: 0`
      // ioredis rejects its own SUBSCRIBE after a cut, and no caller catches that.
      retryStrategy: null,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      // SUBSCRIBE works while the server loads its data; INFO would need a permission.
      enableReadyCheck: false,
      // [node] The client ends its sockets with a FIN, which a hanging server never answers.
      disconnectTimeout: 100,
    });
  }

  async open(
    channels: string[],
    onFrame: (frame: string) => void,
    onLost: () => void,
  ): Promise<void> {
    const client = this.#client;
    client.on('error', () => undefined);
    client.on('end', onLost);
    client.on(this.#sharded ? 'smessage' : 'message', (_channel, frame) => {
      onFrame(frame);
    });
    await client.connect();
    if (this.#sharded) await client.ssubscribe(...this.#prefixed(channels));
    else await client.subscribe(...channels);
  }

  unsubscribe(channels: string[]): Promise<unknown> {
    return this.#sharded
      ? this.#client.sunsubscribe(...this.#prefixed(channels))
      : this.#client.unsubscribe(...channels);
  }

  destroy(): void {
    this.#client.disconnect();
  }

  #prefixed(channels: string[]): string[] {
    return channels.map((channel) => this.keyPrefix + channel);
  }
}
