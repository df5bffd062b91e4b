import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { describe, expect, it } from 'vitest';

import type { McpServerLike, McpSseOptions, SessionTransport } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { expectStats } from '../../support/expect-stats.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { openWhenFree } from '../../support/open-when-free.js';
import { RawClient } from '../../support/raw-client.js';
import { serve, type Served } from '../../support/serve.js';
import { serveTwo } from '../../support/serve-nodes.js';
import { StreamClient } from '../../support/stream-client.js';

/** A place where the first stream that comes waits for the spec. */
class Stop {
  readonly #reached = deferred();
  readonly #leave = deferred();
  #used = false;

  halt = async (): Promise<void> => {
    if (this.#used) return;
    this.#used = true;
    this.#reached.resolve();
    await this.#leave.promise;
  };

  /** Asks for a stream, and disappears while it waits here; the server knows when it goes on. */
  async loseClient({ port, server }: Pick<Served<unknown>, 'port' | 'server'>): Promise<void> {
    const arriving = once(server, 'request') as Promise<[unknown, ServerResponse]>;
    const client = await RawClient.send(port, 'GET /sse HTTP/1.1', 'Host: localhost');
    const [, response] = await arriving;
    await this.#reached.promise;
    const noticed = once(response, 'close');
    client.drop();
    await noticed;
    this.#leave.resolve();
  }
}

class CountingServer implements McpServerLike {
  connects = 0;
  closes = 0;
  oncloses = 0;
  constructor(private readonly halt: () => Promise<void> = async () => {}) {}

  async connect(transport: SessionTransport): Promise<void> {
    this.connects += 1;
    transport.onclose = () => (this.oncloses += 1);
    await this.halt();
  }
  async close(): Promise<void> {
    this.closes += 1;
  }
}

const answering = <T>(stop: Stop, answer: T) => {
  return async (): Promise<T> => {
    await stop.halt();
    return answer;
  };
};

describe('[23] [24] a client that leaves before the headers', () => {
  const places: readonly [string, (stop: Stop) => McpSseOptions][] = [
    ['onConnect', (stop) => ({ hooks: { onConnect: answering(stop, 'state') } })],
    ['principal', (stop) => ({ security: { principal: answering(stop, 'somebody') } })],
    ['server()', (stop) => ({ server: async () => (await stop.halt(), new CountingServer()) })],
    ['server.connect()', (stop) => ({ server: () => new CountingServer(stop.halt) })],
  ];

  it.each(places)('leaves nothing behind while %s awaits', async (_, optionsFor) => {
    const stop = new Stop();
    const options = optionsFor(stop);
    const told: string[] = [];
    const served = await serve({
      ...options,
      limits: { maxSessions: 1 },
      hooks: {
        ...options.hooks,
        onSessionOpen: () => told.push('open'),
        onSessionClose: () => told.push('close'),
        onError: (error) => told.push(error.code),
      },
    });
    await stop.loseClient(served);

    const next = await openWhenFree(`${served.url}/sse`);
    expect(served.mcp.stats().totals.opened).toBe(1);
    next.drop();
    await eventually(() => told.length === 2, 'the open and the close of the second client');
    expect(told).toEqual(['open', 'close']);
  });

  it('leaves nothing behind while middleware in front awaits', async () => {
    const stop = new Stop();
    let connects = 0;
    const served = await serve(
      {
        limits: { maxSessions: 1 },
        hooks: { onConnect: () => (connects += 1) },
      },
      {
        prepare: (app) => app.use((_req, _res, next) => void stop.halt().then(next)),
        way: 'router',
      },
    );
    await stop.loseClient(served);
    await openWhenFree(`${served.url}/sse`);
    expectStats(served.mcp, { totals: { opened: 1, errors: {} } });
    // [node] The response had closed before anyone could listen for it.
    expect(connects).toBe(1);
  });

  it('leaves nothing behind while this node asks others for its session', async () => {
    const adapter = new FaultyAdapter();
    let connects = 0;
    const options: McpSseOptions = {
      resume: { key: (req) => req.headers['x-key']?.toString() },
      hooks: { onConnect: () => (connects += 1) },
    };
    const [{ server, port, url, mcp }] = await serveTwo(options, adapter);
    adapter.losses = { lost: 1, repeated: 0, late: 0 };
    const arriving = once(server, 'request') as Promise<[unknown, ServerResponse]>;
    const head = ['GET /sse HTTP/1.1', 'Host: localhost', 'X-Key: of the one who leaves'];
    const client = await RawClient.send(port, ...head);
    const [, response] = await arriving;
    const noticed = once(response, 'close');
    client.drop();
    await noticed;
    adapter.losses = { lost: 0, repeated: 0, late: 0 };
    // Its question is answered before the one of the next client.
    await StreamClient.open(`${url}/sse`, { 'X-Key': 'of the next' });
    expectStats(mcp, { totals: { opened: 1, errors: {} } });
    expect(connects).toBe(1);
  });

  it('closes the server that was made for it, once', async () => {
    const stop = new Stop();
    const servers: CountingServer[] = [];
    const served = await serve({
      server: () => {
        const server = new CountingServer(stop.halt);
        servers.push(server);
        return server;
      },
    });
    await stop.loseClient(served);
    await eventually(() => servers[0]!.closes > 0, 'the close of the server');
    await openWhenFree(`${served.url}/sse`);
    expect(servers[0]).toMatchObject({ connects: 1, closes: 1, oncloses: 1 });
    expect(servers[1]).toMatchObject({ connects: 1, closes: 0 });
  });

  it('is known to onConnect by its signal', async () => {
    const stop = new Stop();
    const aborted = deferred();
    const served = await serve({
      hooks: {
        onConnect: async (_req, { signal }) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
          });
          await stop.halt();
        },
      },
    });
    await stop.loseClient(served);
    await aborted.promise;
    expect(served.mcp.stats().totals.opened).toBe(0);
  });

  it('does not close the stream of a client that stays while another hook awaits', async () => {
    const stop = new Stop();
    const served = await serve({ hooks: { onConnect: stop.halt } });
    const lost = stop.loseClient(served);
    const stays = await openWhenFree(`${served.url}/sse`);
    await lost;
    expect((await stays.request('ping')).result).toEqual({});
  });
});
