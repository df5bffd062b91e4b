import { expect, it } from 'vitest';

import type { Exchange } from '../../../lib/http/exchange.js';
import { fixPrototypes } from '../../../lib/http/post/v8-prototype-fix.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

it('keeps all members that Express and middleware have added to a request and its response', async () => {
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
          fixPrototypes({
            req,
            res,
            trusts: () => false,
            expressRequest: () => req,
            expressResponse: () => res,
          });
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

it.each<[string, boolean, string[]]>([
  ['settles both where V8 forgets their shapes', true, ['set', 'delete', 'set', 'delete']],
  ['leaves them alone where it does not', false, []],
])('%s', (_, forgets, expected) => {
  const done: string[] = [];
  // Express's, as far as it matters: neither has a prototype of `node:http`.
  const [req, res] = [{}, {}].map(
    (message) =>
      new Proxy(message, {
        set: () => done.push('set') > 0,
        deleteProperty: () => done.push('delete') > 0,
      }),
  );
  fixPrototypes({ req, res, trusts: () => false } as unknown as Exchange, forgets);
  expect(done).toEqual(expected);
});
