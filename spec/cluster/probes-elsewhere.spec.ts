import { describe, expect, it } from 'vitest';

import type { McpSseRouter } from '../../lib/index.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  NEGOTIATED,
  onlySession,
  openAsSdk,
} from '../support/returning-client.js';
import { serve, type Served } from '../support/serve.js';
import { discovered, serveTwo } from '../support/serve-nodes.js';
import { post } from '../support/stream-client.js';

const nodeOf = (mcp: McpSseRouter): string => mcp.stats().cluster!.node;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a client that is probed while the node of its session is frozen', () => {
  /** Its session, and what it is asked by a node that is not the owner. */
  async function asked() {
    const adapter = new FaultyAdapter();
    const resume = { probeTimeoutMs: 1_000 };
    const [owner, other] = await serveTwo({ resume }, adapter);
    const third = await serve({ resume, adapter });
    await discovered([owner, other, third]);
    const client = await openAsSdk(`${owner.url}/sse`);
    adapter.partitioned.add(nodeOf(owner.mcp));
    const again = await beginAgainAsSdk(`${other.url}/sse`);
    const { id } = await again.nextMessage(({ method }) => method === 'ping');
    return { adapter, owner, other, third, client, again, id };
  }

  it.each(['the node that asks', 'a third node'])(
    'gets its session back afterwards if it answers at %s',
    async (where) => {
      const { adapter, owner, other, third, client, again, id } = await asked();
      const node: Served<unknown> = where === 'a third node' ? third : other;
      const endpoint = `${node.url}/message${new URL(lastEndpoint(client)).search}`;
      const answered = post(endpoint, { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
      // Longer than the node waits that asks.
      await pause(2_500);
      adapter.partitioned.clear();
      await again.next(({ event }) => event === 'endpoint');
      expect(again.sessionId).toBe(client.sessionId);
      expect((await answered).status).toBe(202);
      const open = [owner, other, third].map(({ mcp }) => mcp.sessions.size);
      expect(open).toEqual([1, 0, 0]);
      expect(onlySession(owner.mcp).state).toBe('open');
    },
    60_000,
  );
});
