import { describe, expect, it } from 'vitest';

import { bridge } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { ANSWERS, type ConnectClient, type SdkClient } from '../support/sdk/clients.js';
import { newJournal, TOOL_NAMES, type Journal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { serve, type Served } from '../support/serve.js';
import { serveV1, type Served as Upstream, type Sessions } from './upstreams.js';

const CLIENTS: Record<string, ConnectClient> = { v1: connectV1, v2: connectV2 };

describe.each(['v1', 'v2'])('a client of SDK %s, bridged to Streamable HTTP', (version) => {
  const connect = CLIENTS[version]!;

  interface Setup {
    readonly client: SdkClient;
    readonly journal: Journal;
    readonly served: Served<unknown>;
    readonly upstream: Upstream & Sessions;
  }

  async function setup(): Promise<Setup> {
    const journal = newJournal();
    const upstream = await serveV1(() => v1McpServer(journal));
    const server = bridge({ upstream: upstream.url, forwardHeaders: ['x-call'] });
    const served = await serve({ server, resume: { windowMs: 100 } });
    return { journal, served, upstream, client: await connect(`${served.url}/sse`) };
  }

  it('connects, lists the tools and calls one', async () => {
    const { client, served } = await setup();
    expect(client.serverName).toBe('v1');
    expect(await client.listTools()).toEqual(TOOL_NAMES);
    expect(await client.call('greet', { name: 'Ann' })).toBe('Hello, Ann');
    const [session] = served.mcp.sessions;
    expect(session).toMatchObject({ protocolVersion: '2025-11-25', inFlight: 0 });
  });

  it('reports progress, in order and before the result, and logs', async () => {
    const { client } = await setup();
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): number => seen.push(progress);
    expect(await client.call('count', { to: 5 }, { onprogress })).toBe('5');
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    await eventually(() => client.logs.length === 1);
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

  it('cancels a call at the upstream when the client does', async () => {
    const { client, journal, served } = await setup();
    const abort = new AbortController();
    const call = client.call('wait', {}, { signal: abort.signal });
    await eventually(() => journal.waiting === 1);
    abort.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => journal.cancelled === 1);
    await eventually(() => served.mcp.stats().inFlight === 0);
    expect(await client.call('greet')).toBe('Hello, nobody');
  });

  it('shows tools the headers that are forwarded', async () => {
    const { served } = await setup();
    const client = await connect(`${served.url}/sse`, { 'X-Call': 'seen', 'X-Other': 'unseen' });
    expect(JSON.parse(await client.call('whoami'))).toMatchObject({ header: 'seen' });
  });

  it('ends the session of the upstream with its own', async () => {
    const { client, journal, upstream } = await setup();
    expect(upstream.sessions.size).toBe(1);
    const call = client.call('wait').catch(() => 'gone');
    await eventually(() => journal.waiting === 1);
    await client.close();
    expect(await call).toBe('gone');
    await eventually(() => upstream.sessions.size === 0);
    await eventually(() => journal.closed === 1);
  });
});
