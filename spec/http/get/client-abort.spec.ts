import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { ClientAbort } from '../../../lib/http/get/client-abort.js';
import { RawClient } from '../../support/raw-client.js';
import { listen } from '../../support/serve.js';

/** A client that waits for its answer, and the response that it is to get. */
async function waitingClient(): Promise<{ client: RawClient; res: ServerResponse }> {
  const server = createServer();
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const arriving = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const client = await RawClient.send(port, 'GET / HTTP/1.1', 'Host: localhost');
  const [, res] = await arriving;
  return { client, res };
}

async function leave(client: RawClient, res: ServerResponse): Promise<void> {
  const noticed = once(res, 'close');
  client.drop();
  await noticed;
}

it('aborts the signal when the client leaves', async () => {
  const { client, res } = await waitingClient();
  const departure = new ClientAbort(res);
  const { signal } = departure;
  expect([signal.aborted, departure.hasAborted()]).toEqual([false, false]);
  await leave(client, res);
  expect([signal.aborted, departure.hasAborted()]).toEqual([true, true]);
});

it('is aborted already if it is first read after the client has left', async () => {
  const { client, res } = await waitingClient();
  const departure = new ClientAbort(res);
  await leave(client, res);
  expect([departure.signal.aborted, departure.hasAborted()]).toEqual([true, true]);
});

it('is one signal, and leaves no listener on an answered response', async () => {
  const { client, res } = await waitingClient();
  const before = res.listenerCount('close');
  const departure = new ClientAbort(res);
  const { signal } = departure;
  expect(departure.signal).toBe(signal);
  departure.dispose();
  expect(res.listenerCount('close')).toBe(before);
  await leave(client, res);
  expect(signal.aborted).toBe(false);
});

it('adds no listener unless the signal is read', async () => {
  const { res } = await waitingClient();
  const before = res.listenerCount('close');
  new ClientAbort(res).dispose();
  expect(res.listenerCount('close')).toBe(before);
});
