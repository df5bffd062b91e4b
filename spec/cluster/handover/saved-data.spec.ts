import { setTimeout as pause } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { deferred } from '../../support/deferred.js';
import { openWithIds } from '../../support/returning-client.js';
import { serveTwo } from '../../support/serve-nodes.js';

it('a session is frozen before its data is saved, so nothing can change it afterwards', async () => {
  interface Data {
    notes: number;
  }
  const [saving, gate] = [deferred(), deferred()];
  const [leaving, staying] = await serveTwo<Data>({
    hooks: { onConnect: () => ({ notes: 0 }) },
    handler: (message, { session }) => {
      if ('method' in message && message.method === 'note') session.data.notes += 1;
      return {};
    },
    resume: {
      save: async ({ data: { notes } }) => {
        saving.resolve();
        await gate.promise;
        return notes;
      },
      restore: (saved) => ({ notes: Number(saved) }),
    },
  });
  const client = await openWithIds(`${leaving.url}/sse`);
  const closed = leaving.mcp.close();
  await saving.promise;
  const posted = client.post({ jsonrpc: '2.0', method: 'note' });
  // A session that is not frozen takes it meanwhile.
  await Promise.race([posted, pause(100)]);
  gate.resolve();
  await closed;
  expect((await posted).status).toBe(202);
  expect(staying.mcp.sessions.get(client.sessionId)!.data).toEqual({ notes: 1 });
});
