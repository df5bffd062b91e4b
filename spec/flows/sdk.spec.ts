import { describe, expect, it } from 'vitest';

import type { ServerFactory } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { eventually } from '../support/eventually.js';
import type { ConnectClient } from '../support/sdk/clients.js';
import { expectFreedSlots, testFlows, type Flow } from '../support/sdk/flows.js';
import { newJournal, type Journal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer, v1Server } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer, v2Server } from '../support/sdk/v2-servers.js';
import { serve } from '../support/serve.js';

// As an application writes it: no cast, no type argument.
const SERVERS: Record<string, (journal: Journal) => ServerFactory> = {
  'McpServer of SDK v1': (journal) => () => v1McpServer(journal),
  'Server of SDK v1': (journal) => () => v1Server(journal),
  'McpServer of SDK v2': (journal) => () => v2McpServer(journal),
  'Server of SDK v2': (journal) => async () => v2Server(journal),
};
const CLIENTS: Record<string, ConnectClient> = { v1: connectV1, v2: connectV2 };

const pairs = Object.entries(SERVERS).flatMap(([server, factory]) =>
  Object.entries(CLIENTS).map(([client, connect]) => ({ server, client, factory, connect })),
);

async function setUp({ factory, connect }: (typeof pairs)[number]): Promise<Flow> {
  const journal = newJournal();
  const served = await serve({ server: factory(journal), resume: { windowMs: 100 } });
  return { journal, served, client: await connect(`${served.url}/sse`) };
}

it('a call that was cancelled frees its slot, with each SDK', async () => {
  await expectFreedSlots(await Promise.all(pairs.map(setUp)));
});

describe.each(pairs)('$server with a client of SDK $client', (pair) => {
  const { server, connect } = pair;
  const setup = (): Promise<Flow> => setUp(pair);

  testFlows(server, setup);

  it('shows tools the headers of the POST that called them', async () => {
    const { served } = await setup();
    const client = await connect(`${served.url}/sse`, { 'X-Call': 'seen' });
    expect(JSON.parse(await client.call('whoami'))).toMatchObject({ header: 'seen' });
  });

  it('[37] closes once when the client leaves, and aborts the running call', async () => {
    const { client, journal, served } = await setup();
    const call = client.call('wait').catch(() => 'gone');
    await eventually(() => journal.waiting === 1);
    await client.close();
    expect(await call).toBe('gone');
    await eventually(() => journal.cancelled === 1);
    expect(journal.closed).toBe(1);
    expectStats(served.mcp, {
      totals: { discarded: 1, closed: { 'client-disconnected': 1 }, errors: {} },
    });
  });

  it('closes once when the application ends its session', async () => {
    const { client, journal, served } = await setup();
    await client.call('greet');
    const [session] = served.mcp.sessions;
    session?.close('enough');
    await eventually(() => journal.closed > 0);
    // What remains is the client's own business: it is closed before it connects again.
    await client.close();
    expect(journal.closed).toBe(1);
  });
});
