import { createServer, request } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { send } from '../../lib/testing/http-request.js';
import { closed, listen } from '../support/serve.js';

/** Sends a GET to a name with two addresses, at neither of which anybody listens. */
async function sendToNobody(): Promise<unknown> {
  const server = createServer();
  onTestFinished(() => closed(server));
  const port = await listen(server);
  await closed(server);
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  const get = request({
    host: 'two.example',
    port,
    agent: false,
    lookup: (_name, _options, found) => found(null, addresses),
  });
  const late = (): Error => new Error('late');
  return send({ request: get, name: 'GET it', timeoutMs: 5_000, late });
}

it('names the code of an error that has no message', async () => {
  await expect(sendToNobody()).rejects.toThrow(/^GET it failed: ECONNREFUSED$/);
});
