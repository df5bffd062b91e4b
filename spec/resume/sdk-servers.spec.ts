import { describe, expect, it } from 'vitest';

import type { ServerFactory } from '../../lib/index.js';
import { cutPlan } from '../support/cut-plan.js';
import { Relay } from '../support/relay.js';
import { ANSWERS } from '../support/sdk/clients.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer } from '../support/sdk/v2-servers.js';
import { serve } from '../support/serve.js';

const CALLS = 60;
const journal = newJournal();
const servers: [string, ServerFactory][] = [
  ['SDK v1', () => v1McpServer(journal)],
  ['SDK v2', () => v2McpServer(journal)],
];
const clients = [
  ['SDK v1', connectV1],
  ['SDK v2', connectV2],
] as const;

describe.each(servers)('a server of %s', (_, server) => {
  it.each(clients)(
    'asks a client of %s, and answers it, on streams that are cut',
    async (_, connect) => {
      const { port, mcp } = await serve({ server, resume: { retryMs: 10 } });
      const relay = await Relay.to(port, { cutAfter: cutPlan(7) });
      const client = await connect(`${relay.url}/sse`);
      const [session] = mcp.sessions;
      const calls = Array.from({ length: CALLS }, (_, n) =>
        n % 2 === 0 ? client.call('ask') : client.call('greet', { name: String(n) }),
      );
      const answers = await Promise.all(calls);
      const { sampling, elicitation, roots } = ANSWERS;
      const asked = JSON.stringify([sampling.content, elicitation.content, roots.roots]);
      expect(answers).toEqual(
        Array.from({ length: CALLS }, (_, n) => (n % 2 === 0 ? asked : `Hello, ${n}`)),
      );
      expect(relay.cuts).toBeGreaterThan(5);
      expect([...mcp.sessions]).toEqual([session]);
    },
  );
});
