import { describe, expect, it } from 'vitest';

import type { ServerFactory } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { eventually } from '../support/eventually.js';
import { ANSWERS, type ConnectClient, type SdkClient } from '../support/sdk/clients.js';
import { newJournal, TOOL_NAMES, type Journal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer, v1Server } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer, v2Server } from '../support/sdk/v2-servers.js';
import { serve, type Served } from '../support/serve.js';

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

describe.each(pairs)('$server with a client of SDK $client', ({ server, factory, connect }) => {
  interface Setup {
    readonly client: SdkClient;
    readonly journal: Journal;
    readonly served: Served<unknown>;
  }

  async function setup(): Promise<Setup> {
    const journal = newJournal();
    const served = await serve({ server: factory(journal), resume: { windowMs: 100 } });
    return { journal, served, client: await connect(`${served.url}/sse`) };
  }

  it('connects, lists the tools and calls one', async () => {
    const { client, served } = await setup();
    expect(server).toContain(client.serverName);
    expect(await client.listTools()).toEqual(TOOL_NAMES);
    expect(await client.call('greet', { name: 'Ann' })).toBe('Hello, Ann');
    const [session] = served.mcp.sessions;
    expect(session).toMatchObject({
      clientInfo: { name: 'spec', version: '1.0.0' },
      clientCapabilities: { sampling: {}, elicitation: {} },
      protocolVersion: '2025-11-25',
      inFlight: 0,
    });
  });

  it('reports progress, in order and before the result, and logs', async () => {
    const { client } = await setup();
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): number => seen.push(progress);
    expect(await client.call('count', { to: 5 }, { onprogress })).toBe('5');
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(client.logs).toEqual(['counted to 5']);
  });

  it('asks the client for sampling, elicitation and roots in the middle of a call', async () => {
    const { client } = await setup();
    const { sampling, elicitation, roots } = ANSWERS;
    expect(JSON.parse(await client.call('ask'))).toEqual([
      sampling.content,
      elicitation.content,
      roots.roots,
    ]);
  });

  it('tells the client that the list of tools has changed', async () => {
    const { client } = await setup();
    await client.call('grow', { name: 'grown' });
    await eventually(() => client.listChanges === 1);
    expect(await client.listTools()).toEqual([...TOOL_NAMES, 'grown']);
  });

  it('cancels a call when the client does', async () => {
    const { client, journal, served } = await setup();
    const abort = new AbortController();
    const call = client.call('wait', {}, { signal: abort.signal });
    await eventually(() => journal.waiting === 1);
    expect(served.mcp.stats().inFlight).toBe(1);
    abort.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => journal.cancelled === 1);
    await eventually(() => served.mcp.stats().inFlight === 0);
    expect(await client.call('greet')).toBe('Hello, nobody');
  });

  it('shows tools the headers of the POST that called them', async () => {
    const { served } = await setup();
    const client = await connect(`${served.url}/sse`, { 'X-Call': 'seen' });
    expect(JSON.parse(await client.call('whoami'))).toMatchObject({ header: 'seen' });
  });

  it('[37] closes once when the client leaves, and aborts the call that runs', async () => {
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
