import { afterEach, expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { request } from '../../support/messages.js';
import { NEGOTIATED, openAsSdk } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { discovered } from '../../support/serve-nodes.js';
import { returnToNode } from './returning.js';

const held = new Set<() => void>();
const handler = (message: JsonRpcMessage): unknown =>
  'method' in message && message.method === 'wait'
    ? new Promise<object>((resolve) => held.add(() => resolve({})))
    : {};
afterEach(() => {
  for (const release of held) release();
  held.clear();
});

const callsKept = (node: Served<unknown>): number => node.mcp.stats().cluster?.callsKept ?? 0;
const nameOf = (node: Served<unknown>): string => node.mcp.stats().cluster?.node ?? '';

/** Nodes, and a client of the first, whose call the second one keeps. */
async function serveKept(count = 3) {
  const adapter = new FaultyAdapter();
  const options = { handler, adapter };
  const owner = await serve(options);
  const others: Served<unknown>[] = [];
  while (others.length < count - 1) others.push(await serve(options));
  await discovered([owner, ...others]);
  const client = await openAsSdk(`${owner.url}/sse`);
  await client.post(request(7, 'wait'), NEGOTIATED);
  await eventually(() => others.some((node) => callsKept(node) === 1), 'the call that is kept');
  const keeper = others.find((node) => callsKept(node) === 1)!;
  const third = others.find((node) => node !== keeper)!;
  // A keeper that dies before it acknowledges the call is replaced for that.
  await eventually(() => owner.mcp.stats().cluster?.queuedBytes === 0, 'the acknowledgement');
  return { adapter, owner, keeper, third, others, client };
}

/** The calls that are answered with an error when the client comes back there. */
async function interruptedAt(
  node: Served<unknown>,
  client: Awaited<ReturnType<typeof openAsSdk>>,
): Promise<unknown[]> {
  const again = await returnToNode(node, client);
  expect((await again.request('ping')).result).toEqual({});
  return again.messages.flatMap((message) => ('error' in message ? [message.id] : []));
}

it('a second node keeps the calls of a lost node, in case its keeper is killed, too', async () => {
  // If most of the others vanish, they are not taken for dead so soon.
  const { adapter, owner, keeper, others, client } = await serveKept(5);
  const left = others.filter((node) => node !== keeper);
  const copies = (): number => left.reduce((sum, node) => sum + callsKept(node), 0);
  adapter.dead.add(nameOf(owner));
  client.drop();
  await eventually(() => copies() === 1, 'the copy');
  adapter.dead.add(nameOf(keeper));
  expect(await interruptedAt(left[0]!, client)).toEqual([7]);
  await eventually(() => copies() === 0, 'the end of the copy');
}, 60_000);

it('a keeper that leaves copies its kept calls to another node at once', async () => {
  const { adapter, owner, keeper, third, client } = await serveKept();
  adapter.dead.add(nameOf(owner));
  await keeper.mcp.close();
  expect(callsKept(third)).toBe(1);
  client.drop();
  expect(await interruptedAt(third, client)).toEqual([7]);
}, 60_000);

it('a living node notes its calls itself, and the copy is dropped', async () => {
  const { owner, keeper, third, client } = await serveKept();
  await keeper.mcp.close();
  await eventually(() => callsKept(third) === 1, 'the call that is kept');
  await client.post({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 7 },
  });
  await eventually(() => callsKept(third) === 0, 'the end of the call');
  expect(owner.mcp.stats().cluster?.nodes).toBe(2);
}, 60_000);

it('a keeper without a listener at its address is replaced before it counts as gone', async () => {
  const { adapter, owner, keeper, third } = await serveKept();
  adapter.dead.add(nameOf(keeper));
  await eventually(() => callsKept(third) === 1, 'the next keeper');
  // It is not known to be gone yet.
  expect(owner.mcp.stats().cluster?.nodes).toBe(3);
}, 60_000);

it('a keeper without a listener at its address is replaced although it is heard', async () => {
  const { adapter, owner, keeper, third, client } = await serveKept();
  adapter.deaf.add(nameOf(keeper));
  await client.post(request(8, 'wait'), NEGOTIATED);
  await eventually(() => callsKept(third) === 2, 'the next keeper');
  expect(owner.mcp.stats().cluster?.nodes).toBe(3);
}, 60_000);
