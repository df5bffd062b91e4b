import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';
import { IDENTITY, textOf } from '../support/sdk/clients.js';
import { run, SERVER, type Run } from './run.js';

const SLOW = { timeout: 120_000 };
const START_MS = 60_000;
const GREET = { name: 'greet', arguments: { name: 'Ann' } };

interface Node extends Run {
  readonly origin: string;
}

/** A client that knows one URL, behind which each request goes to the node that is set. */
interface Caller {
  readonly client: Client;
  stream: Node;
  posts: Node;
  greet(): Promise<string>;
}

describe.skipIf(!hasRedis)('two programs that share sessions through redis-server', SLOW, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.begin();
  });
  afterAll(() => redis.stop());

  async function start(): Promise<Node> {
    const program = run('bridge', '--port', '0', '--redis', redis.url, '--', ...SERVER);
    await eventually(() => program.out.includes('serving'), 'its first line', START_MS);
    const [url = ''] = /http:\S+/.exec(program.out) ?? [];
    return Object.assign(program, { origin: new URL(url).origin });
  }

  async function caller(stream: Node, posts: Node): Promise<Caller> {
    const client = new Client(IDENTITY);
    onTestFinished(() => client.close());
    const made: Caller = {
      client,
      stream,
      posts,
      greet: async () => textOf(await client.callTool(GREET, { timeout: 20_000 })),
    };
    const transport = new SSEClientTransport(new URL('http://bridge.example/sse'), {
      fetch: (url, init) => {
        const { origin } = init?.method === 'POST' ? made.posts : made.stream;
        return fetch(new URL(new URL(url).pathname + new URL(url).search, origin), init);
      },
    });
    await client.connect(transport);
    return made;
  }

  const stop = async (node: Node): Promise<void> => {
    node.child.kill('SIGTERM');
    expect(await node.exit).toEqual([0, null]);
    expect(node.err).toBe('');
  };

  it('serve a session whose requests arrive at the other one', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const { client, greet } = await caller(one, other);
    expect(await greet()).toBe('Hello, Ann');
    expect(one.out).toContain('opened by spec');
    expect(other.out).not.toContain('opened by');
    await client.close();
    await Promise.all([stop(one), stop(other)]);
  });

  it('continue a session on the other one after SIGTERM', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const to = await caller(one, other);
    expect(await to.greet()).toBe('Hello, Ann');
    const before = to.client.getServerVersion();
    to.stream = other;
    await stop(one);
    expect(one.out).toMatch(/session \S{6} moved to node/);
    await eventually(() => other.out.includes('moved here from another node'), 'its line');
    expect(await to.greet()).toBe('Hello, Ann');
    expect(to.client.getServerVersion()).toEqual(before);
    // The same session: no client has introduced itself here.
    expect(other.out).not.toContain('opened by');
    await to.client.close();
    await stop(other);
  });

  it('give clients a new session on the other one after a kill', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const to = await caller(one, one);
    expect(await to.greet()).toBe('Hello, Ann');
    [to.stream, to.posts] = [other, other];
    one.child.kill('SIGKILL');
    await one.exit;
    let said: unknown;
    const tries = async (): Promise<boolean> => {
      said = await to.greet().catch((error: unknown) => error);
      return said === 'Hello, Ann';
    };
    for (let attempt = 0; !(await tries()); attempt += 1) {
      if (attempt === 300) throw new Error('no answer', { cause: said });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await to.client.close();
    await stop(other);
  });
});

it('report that Redis cannot be reached', SLOW, async () => {
  const program = run('bridge', '--port', '0', '--redis', 'redis://127.0.0.1:1', '--', ...SERVER);
  expect(await program.exit).toEqual([1, null]);
  expect(program.err).toMatch(/redis:\/\/127\.0\.0\.1:1|ECONNREFUSED/);
  expect(program.out).not.toContain('serving');
});
