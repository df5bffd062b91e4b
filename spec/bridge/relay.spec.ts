import { describe, expect, it } from 'vitest';

import { bridge } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import type { ConnectClient } from '../support/sdk/clients.js';
import { expectFreedSlots, testFlows, type Flow } from '../support/sdk/flows.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { serve } from '../support/serve.js';
import { serveV1, type Served as Upstream, type Sessions } from './upstreams.js';

const CLIENTS: Record<'v1' | 'v2', ConnectClient> = { v1: connectV1, v2: connectV2 };

const versions = ['v1', 'v2'] as const;

interface Bridged extends Flow {
  readonly upstream: Upstream & Sessions;
}

async function setUp(connect: ConnectClient): Promise<Bridged> {
  const journal = newJournal();
  const upstream = await serveV1(() => v1McpServer(journal));
  const server = bridge({ upstream: upstream.url, forwardHeaders: ['x-call'] });
  const served = await serve({ server, resume: { windowMs: 100 } });
  return { journal, served, upstream, client: await connect(`${served.url}/sse`) };
}

it('a call that was cancelled frees its slot', async () => {
  await expectFreedSlots(await Promise.all(versions.map((version) => setUp(CLIENTS[version]))));
});

describe.each(versions)('a client of SDK %s, bridged to Streamable HTTP', (version) => {
  const connect = CLIENTS[version];
  const setup = (): Promise<Bridged> => setUp(connect);

  testFlows('v1', setup);

  it('shows tools the forwarded headers', async () => {
    const { served } = await setup();
    const client = await connect(`${served.url}/sse`, { 'X-Call': 'seen', 'X-Other': 'unseen' });
    expect(JSON.parse(await client.call('whoami'))).toMatchObject({ header: 'seen' });
  });

  it('ends the session at the upstream with its own', async () => {
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
