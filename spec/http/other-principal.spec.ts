import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { listenTo } from '../support/listen.js';
import { request } from '../support/messages.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

/** Whose request it is, by a header that anonymous callers do not have. */
const byHeader: McpSseOptions = {
  security: {
    principal: ({ headers }) => (typeof headers.user === 'string' ? headers.user : undefined),
  },
};
const as = (user: string): Record<string, string> => (user === '' ? {} : { User: user });

describe("the reason why another principal's request gets 404", () => {
  it.each([
    ['', 'ada', /differs.*anonymous caller.*token with POSTs only\?/],
    ['ada', '', /differs.*the request is anonymous.*token with the stream only/],
    ['ada', 'bob', /differs.*somebody else's/],
  ])('is reported to the operator, not the client: %o, %o', async (owner, caller, reason) => {
    const refusals = listenTo('mcp-sse:refused');
    const { url } = await serve(byHeader);
    const client = await StreamClient.open(`${url}/sse`, as(owner));
    const answer = await post(client.endpoint, request(1), as(caller));
    const unknown = await post(`${url}/message?sessionId=none`, request(1), as(caller));
    expect(answer.status).toBe(404);
    expect({ ...answer, headers: null }).toEqual({ ...unknown, headers: null });
    expect(refusals).toEqual([
      {
        code: 'session-not-found',
        message: 'no such session',
        reason: expect.stringMatching(reason),
      },
      { code: 'session-not-found', message: 'no such session', reason: undefined },
    ]);
    expect(JSON.stringify(refusals)).not.toMatch(/ada|bob/);
  });

  it('is reported for a returning stream, too', async () => {
    const refusals = listenTo('mcp-sse:refused');
    const { url } = await serve(byHeader);
    const client = await openWithIds(`${url}/sse`);
    await client.request('ping');
    const headers = { 'Last-Event-ID': lastId(client), User: 'bob' };
    expect((await fetchText(`${url}/sse`, { headers })).status).toBe(404);
    expect(refusals).toMatchObject([{ reason: expect.stringContaining('differs') }]);
  });

  it('is reported on the node of the request, wherever the session lives', async () => {
    const refusals = listenTo('mcp-sse:refused');
    const [one, other] = await serveTwo(byHeader);
    const client = await StreamClient.open(`${one.url}/sse`);
    const elsewhere = await post(endpointAt(other, client), request(1), as('bob'));
    const here = await post(client.endpoint, request(1), as('bob'));
    expect(elsewhere.body).toBe(here.body);
    const told = { reason: expect.stringContaining('POSTs only') };
    expect(refusals).toMatchObject([told, told]);
  });
});
