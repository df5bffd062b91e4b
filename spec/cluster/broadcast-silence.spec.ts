import { describe, expect, it } from 'vitest';

import type { McpSseRouter } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { numbers } from '../support/returning-client.js';
import { serveTwo } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';

const numbered = (n: number) => ({ jsonrpc: '2.0', method: 'number', params: { n } }) as const;
const nodeOf = (mcp: McpSseRouter): string => mcp.stats().cluster!.node;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a broadcast', () => {
  it('reaches the clients of a silent node later', async () => {
    const adapter = new FaultyAdapter();
    const [one, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${other.url}/sse`);
    adapter.partitioned.add(nodeOf(other.mcp));
    await eventually(() => one.mcp.stats().cluster!.nodes === 1, 'the silence');
    expect(one.mcp.broadcast(numbered(1))).toBe(0);
    await pause(9_000);
    adapter.partitioned.clear();
    await eventually(() => numbers(client).length === 1);
  }, 60_000);

  it('is reported if a node does not come back', async () => {
    const adapter = new FaultyAdapter();
    const errors: string[] = [];
    const hooks = { onError: ({ code }: { code: string }) => errors.push(code) };
    const [one, other] = await serveTwo({ hooks }, adapter);
    adapter.partitioned.add(nodeOf(other.mcp));
    await eventually(() => one.mcp.stats().cluster!.nodes === 1, 'the silence');
    one.mcp.broadcast(numbered(1));
    adapter.dead.add(nodeOf(other.mcp));
    await eventually(() => errors.length > 0, 'the report');
    expect(errors).toEqual(['adapter-unavailable']);
  }, 60_000);
});
