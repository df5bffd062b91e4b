import { expect, it } from 'vitest';

import { request } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { fetchText, post } from '../support/stream-client.js';

/** What `on-headers` does for compression, sessions and others: a listener in `writeHead`. */
it('cuts the connection and survives if middleware throws while an answer begins', async () => {
  const errors: unknown[] = [];
  const { url, mcp } = await serve(
    { hooks: { onError: ({ cause }) => errors.push((cause as Error).message) } },
    {
      way: 'router',
      prepare: (app) =>
        app.use((_req, res, next) => {
          res.writeHead = () => {
            throw new Error('no head');
          };
          next();
        }),
    },
  );
  await expect(fetchText(`${url}/sse`, {})).rejects.toThrow('socket hang up');
  await expect(post(`${url}/message?sessionId=none`, request(1))).rejects.toThrow('hang up');
  expect(errors).toEqual(['no head', 'no head', 'no head']);
  expect(mcp.sessions.size).toBe(0);
});
