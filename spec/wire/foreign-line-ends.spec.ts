import { expect, it } from 'vitest';

import { EventStreamParser } from '../../lib/wire/sse-parser.js';
import { eventually } from '../support/eventually.js';
import { lastId, onlySession, openWithIds } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { serveTwo } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';

const LINE_ENDS = '\u0085 \u2028 \u2029 \u000b \u000c \u001c \u001d \u001e \r \n';
const FORGED = LINE_ENDS.split(' ').map((end) => `${end}${end}data: {"forged":true}${end}${end}`);
const text = FORGED.join('');

const PYTHON_LINE_ENDS = new RegExp(`\r\n|[${LINE_ENDS.replaceAll(' ', '')}]`, 'g');

/** The data of all `message` events, for a client that splits lines as Python's `splitlines`. */
function readByPython(received: string): unknown[] {
  const messages: unknown[] = [];
  const parser = new EventStreamParser({
    event: ({ event, data }) => event === 'message' && messages.push(JSON.parse(data)),
  });
  parser.feed(received.replace(PYTHON_LINE_ENDS, '\n'));
  return messages;
}

const sent = { jsonrpc: '2.0', method: 'notifications/message', params: { text } };

it('sends messages, live and replayed, that clients in other languages read unchanged', async () => {
  const { url, mcp } = await serve();
  const client = await openWithIds(`${url}/sse`);
  const id = lastId(client);
  await onlySession(mcp).send(sent as never);
  await client.nextMessage();
  expect(readByPython(client.text).at(-1)).toEqual(sent);
  client.drop();
  const again = await StreamClient.open(`${url}/sse`, { 'Last-Event-ID': id });
  await again.nextMessage();
  expect(readByPython(again.text)).toEqual([sent]);
});

it('loses nothing of them on the way through another node', async () => {
  const [owner, other] = await serveTwo();
  const client = await openWithIds(`${owner.url}/sse`);
  const session = onlySession(owner.mcp);
  const id = lastId(client);
  client.drop();
  await eventually(() => session.state === 'detached', 'the loss of the stream');
  const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
  await session.send(sent as never);
  await again.nextMessage();
  expect(readByPython(again.text)).toEqual([sent]);
});

it('announces a URL that is one line for these clients, and the same URL', async () => {
  const endpoint = (_req: unknown, id: string): string => `/message?a=\u2028\u0085&sessionId=${id}`;
  const { url } = await serve({ endpoint, paths: { message: '/message' } });
  const client = await StreamClient.open(`${url}/sse`);
  expect(client.text).toContain('data: /message?a=%E2%80%A8%C2%85&sessionId=');
  expect(await client.request('ping')).toMatchObject({ result: {} });
});
