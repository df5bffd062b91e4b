import { expect, it } from 'vitest';

import { openSession } from '../../lib/testing/index.js';
import { RESUMES } from '../support/returning-client.js';
import { serve } from '../support/serve.js';

it('can act as a client that resumes with missed messages', async () => {
  const { mcp, server } = await serve();
  const first = await openSession(server, { headers: RESUMES });
  const session = mcp.sessions.get(first.sessionId);
  first.drop();
  await first.closed;
  expect(session?.state).toBe('detached');
  await session?.notify('notifications/missed');
  await first.close();

  const headers = { 'Last-Event-ID': first.lastEventId };
  await using second = await openSession(server, { headers, initialize: false });
  expect(second.sessionId).toBe(first.sessionId);
  expect(session?.state).toBe('open');
  expect((await second.next()).method).toBe('notifications/missed');
  expect(await second.request('tools/list')).toEqual({ tools: [] });
});

it('has no last event on a stream without ids', async () => {
  const { server } = await serve();
  await using session = await openSession(server);
  expect(session.lastEventId).toBeUndefined();
});
