import type { OutgoingHttpHeaders } from 'node:http';

import { expect, it } from 'vitest';

import { request } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

// Kills: one object of headers for all responses.
it('gives each response headers of its own, whatever middleware does to them', async () => {
  let count = 0;
  const leaks: unknown[] = [];
  const { url } = await serve(
    {},
    {
      way: 'router',
      prepare: (app) =>
        app.use((_req, res, next) => {
          const { writeHead } = res;
          res.writeHead = ((status: number, headers: OutgoingHttpHeaders) => {
            leaks.push(headers['X-Count']);
            headers['X-Count'] = String((count += 1));
            delete headers['Content-Type'];
            return writeHead.call(res, status, headers);
          }) as never;
          next();
        }),
    },
  );
  for (let round = 0; round < 2; round += 1) {
    const client = await StreamClient.open(`${url}/sse`);
    expect((await client.post(request(1, 'ping'))).status).toBe(202);
    expect((await post(`${url}/message?sessionId=none`, request(1))).status).toBe(404);
    expect((await fetchText(`${url}/sse`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetchText(`${url}/sse`, { headers: { Accept: 'x/y' } })).status).toBe(406);
  }
  expect(leaks).toEqual(Array.from({ length: 10 }, () => undefined));
});
