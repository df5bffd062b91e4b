import { expect, it } from 'vitest';

import { eventually } from '../eventually.js';
import type { Served } from '../serve.js';
import { ANSWERS, type SdkClient } from './clients.js';
import { TOOL_NAMES, type Journal } from './tools.js';

export interface Flow {
  readonly client: SdkClient;
  readonly journal: Journal;
  readonly served: Served<unknown>;
}

/**
 * Servers of the SDKs do not answer a call that was cancelled: its slot is freed a while later, for
 * which this waits once.
 */
export async function expectFreedSlots(flows: readonly Flow[]): Promise<void> {
  const freed = flows.map(async ({ client, journal, served }) => {
    const abort = new AbortController();
    const call = client.call('wait', {}, { signal: abort.signal });
    const refused = expect(call).rejects.toThrow();
    await eventually(() => journal.waiting === 1);
    abort.abort();
    await refused;
    expect(served.mcp.stats().inFlight).toBe(1);
    await eventually(() => served.mcp.stats().inFlight === 0);
  });
  await Promise.all(freed);
}

/** What a client of an SDK does with a server of an SDK, directly or over a bridge. */
export function testFlows(server: string, setup: () => Promise<Flow>): void {
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

  it('cancels a call when the client does', async () => {
    const { client, journal, served } = await setup();
    const abort = new AbortController();
    const call = client.call('wait', {}, { signal: abort.signal });
    await eventually(() => journal.waiting === 1);
    expect(served.mcp.stats().inFlight).toBe(1);
    abort.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => journal.cancelled === 1);
    expect(await client.call('greet')).toBe('Hello, nobody');
  });
}
