import { expect, it } from 'vitest';

import { settleShapes } from '../../lib/http/shapes.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

it('changes nothing of what Express and middleware have put onto a request and its response', async () => {
  const seen: unknown[] = [];
  const { url } = await serve(
    {},
    {
      way: 'router',
      prepare: (app) =>
        app.use((req, res, next) => {
          const own = () => [req, res].map((message) => Object.entries({ ...message }));
          const keys = () => [req, res].flatMap((message) => Reflect.ownKeys(message));
          const before = [own(), keys(), req.app === app, typeof res.json];
          settleShapes({ req, res, trusts: () => false });
          seen.push(before, [own(), keys(), req.app === app, typeof res.json]);
          next();
        }),
    },
  );
  const { status } = await StreamClient.open(`${url}/sse`);
  expect(status).toBe(200);
  const [before, after] = seen;
  expect(after).toEqual(before);
});
