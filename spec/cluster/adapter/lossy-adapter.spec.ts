import { expect, it } from 'vitest';

import type { MessageHandler } from '../../../lib/index.js';
import { seededRandom } from '../../support/cut-plan.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { lastId, numbers, onlySession, openWithIds } from '../../support/returning-client.js';
import { serve } from '../../support/serve.js';
import { discovered, endpointAt } from '../../support/serve-nodes.js';
import { post, StreamClient } from '../../support/stream-client.js';

/** `npm test` stays quick; CLUSTER_HOPS=300 and more is what the promise rests on. */
const HOPS = Number(process.env.CLUSTER_HOPS ?? 12);
const SEED = Number(process.env.CLUSTER_SEED ?? 1);

it('loses, repeats and reorders nothing over an adapter that does all three', async () => {
  const adapter = new FaultyAdapter();
  const calls: unknown[] = [];
  const handler: MessageHandler = (message) => {
    if ('id' in message && 'method' in message && message.method === 'call') calls.push(message.id);
    return { id: 'id' in message ? message.id : undefined };
  };
  const nodes = [
    await serve({ adapter: adapter, handler }),
    await serve({ adapter: adapter, handler }),
    await serve({ adapter: adapter, handler }),
  ];
  await discovered(nodes);
  const random = seededRandom(SEED);
  const anyNode = () => nodes[Math.floor(random() * nodes.length)]!;
  let client = await openWithIds(`${nodes[0]!.url}/sse`);
  const session = onlySession(nodes[0]!.mcp);
  adapter.losses = { lost: 0.15, repeated: 0.2, late: 0.2 };

  const seen: number[] = [];
  const answers = new Map<unknown, number>();
  const posts: Promise<{ status: number }>[] = [];
  let sent = 0;
  let called = 0;
  const collect = (): void => {
    seen.push(...numbers(client));
    for (const message of client.messages) {
      if ('result' in message) answers.set(message.id, (answers.get(message.id) ?? 0) + 1);
    }
  };
  for (let hop = 0; hop < HOPS; hop += 1) {
    const upTo = sent + 1 + Math.floor(random() * 60);
    while (sent < upTo) void session.notify('number', { n: (sent += 1) });
    const call = { jsonrpc: '2.0', id: `call-${(called += 1)}`, method: 'call' };
    posts.push(post(endpointAt(anyNode(), client), call));
    if (random() < 0.5) await eventually(() => numbers(client).at(-1) === sent, 'the last');
    else await new Promise((resolve) => setTimeout(resolve, random() * 20));
    collect();
    const id = lastId(client);
    client.drop();
    client = await StreamClient.open(`${anyNode().url}/sse`, { 'Last-Event-ID': id });
  }
  const statuses = (await Promise.all(posts)).map(({ status }) => status);
  expect(statuses).toEqual(statuses.map(() => 202));
  await eventually(() => numbers(client).at(-1) === sent || sent === seen.at(-1), 'all');
  await eventually(() => session.inFlight === 0);
  await session.notify('number', { n: (sent += 1) });
  await eventually(() => numbers(client).at(-1) === sent, 'the very last');
  collect();
  expect(seen).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
  expect(calls).toHaveLength(called);
  expect([...answers.values()].filter((times) => times !== 1)).toEqual([]);
  expect(answers.size).toBeGreaterThanOrEqual(called);
  expect(adapter.harmed).toBeGreaterThan(HOPS);
  adapter.losses = { lost: 0, repeated: 0, late: 0 };
}, 300_000);
