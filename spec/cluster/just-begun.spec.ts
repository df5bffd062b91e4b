import { expect, it } from 'vitest';

import type { Adapter } from '../../lib/index.js';
import { localAdapter } from '../../lib/adapter/index.js';
import { eventually } from '../support/eventually.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { endpointAt } from '../support/serve-nodes.js';
import { serve } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** A cluster, and an adapter by which one more node joins it when `open` resolves. */
function clusterBehind(open: () => Promise<void>): { first: Adapter; late: Adapter } {
  const first = localAdapter();
  return { first, late: { join: (...args) => open().then(() => first.join(...args)) } };
}

it('a node that is joining its adapter passes on requests that arrive meanwhile', async () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const { first, late } = clusterBehind(() => opened);
  const owner = await serve({ adapter: first });
  const client = await openWithIds(`${owner.url}/sse`);
  client.drop();
  let requests = 0;
  const node = await serve(
    { adapter: late },
    {
      prepare: (app) => {
        app.use((_req, _res, next) => {
          requests += 1;
          next();
        });
      },
    },
  );
  const posted = post(endpointAt(node, client), ping);
  const back = StreamClient.begin(`${node.url}/sse`, { 'Last-Event-ID': lastId(client) });
  await eventually(() => requests === 2, 'both requests');
  expect(node.mcp.stats().cluster?.up).toBe(false);
  open();
  expect((await posted).status).toBe(202);
  expect(await (await back).nextMessage()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
});

it('a node that cannot join refuses requests for other nodes, and reports a broadcast', async () => {
  const { first, late } = clusterBehind(() => Promise.reject(new Error('no such adapter')));
  const owner = await serve({ adapter: first });
  const client = await StreamClient.open(`${owner.url}/sse`);
  const errors: string[] = [];
  const hooks = { onError: ({ message }: Error) => errors.push(message) };
  const node = await serve({ adapter: late, hooks });
  expect((await post(endpointAt(node, client), ping)).status).toBe(503);
  node.mcp.broadcast({ jsonrpc: '2.0', method: 'news' });
  await eventually(() => errors.length === 2, 'both reports');
  expect(errors).toEqual([
    'the adapter is out of reach: this node cannot serve sessions of other nodes',
    'the adapter is out of reach, and a broadcast did not reach other nodes',
  ]);
});

it('a node that leaves reports no broadcast: there is no other one to miss it', async () => {
  const errors: Error[] = [];
  const hooks = { onError: (error: Error) => errors.push(error) };
  const { mcp } = await serve({ adapter: localAdapter(), hooks });
  const news = { jsonrpc: '2.0', method: 'news' } as const;
  await eventually(() => mcp.stats().cluster?.up === true, 'the adapter');
  mcp.broadcast(news);
  const closed = mcp.close();
  mcp.broadcast(news);
  await closed;
  mcp.broadcast(news);
  // The first two wait until other nodes would have answered.
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(errors).toEqual([]);
});
