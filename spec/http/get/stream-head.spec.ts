import { expect, it } from 'vitest';

import { RawClient } from '../../support/raw-client.js';
import { serve } from '../../support/serve.js';

it('answers with the head of an event stream, and the endpoint event at once', async () => {
  const { port } = await serve({ sessionIdGenerator: () => 'the-id' });
  const client = await RawClient.send(port, 'GET /sse HTTP/1.1', 'Host: localhost');
  await client.received('\n\n\r\n');

  const [head = '', body] = client.text.split('\r\n\r\n');
  const [status, ...headers] = head.split('\r\n');
  expect(status).toBe('HTTP/1.1 200 OK');
  const ours = headers.filter((header) => !/^(Date|X-Powered-By):/.test(header));
  expect(ours).toEqual([
    'Content-Type: text/event-stream; charset=utf-8',
    'Cache-Control: no-cache, no-transform',
    'Connection: keep-alive',
    'X-Accel-Buffering: no',
    'Transfer-Encoding: chunked',
  ]);
  const event = 'event: endpoint\ndata: message?sessionId=the-id\n\n';
  expect(body).toBe(`${event.length.toString(16)}\r\n${event}\r\n`);
});

it('keeps the headers that middleware in front has set', async () => {
  const { port } = await serve(
    {},
    {
      prepare: (app) =>
        app.use((_req, res, next) => {
          res.setHeader('X-Request-Id', '17');
          next();
        }),
      way: 'router',
    },
  );
  const client = await RawClient.send(port, 'GET /sse HTTP/1.1', 'Host: localhost');
  await client.received('event: endpoint');
  expect(client.text).toContain('X-Request-Id: 17\r\n');
});
