/** The generator of the benchmark notices when a server answers wrongly. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { Sequence } from '../../bench/load/expectations.js';
import { Poster } from '../../bench/load/poster.js';
import { LoadSession } from '../../bench/load/session.js';
import { Verdict } from '../../bench/load/verdict.js';
import { notification } from '../../bench/messages.js';
import { resultOf, type ClientMessage } from '../../bench/subjects/tools.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A session of a server that passes each answer through `spoil` first. */
async function session(spoil: (frame: string, message: ClientMessage) => string) {
  let stream: ServerResponse | undefined;
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
      stream = res;
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('event: endpoint\ndata: /message?sessionId=1\r\n\r\n');
      return;
    }
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      const message = JSON.parse(body) as ClientMessage;
      res.writeHead(202).end('Accepted');
      const answer = { jsonrpc: '2.0', id: message.id, result: resultOf(message) };
      stream?.write(spoil(`data: ${JSON.stringify(answer)}\n\n`, message));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  const verdict = new Verdict('spec');
  const client = await LoadSession.open(0, port, verdict);
  cleanUps.push(() => client.connection.close());
  const poster = await Poster.open(port, verdict);
  cleanUps.push(() => poster.connection.close());
  const call = (bytes?: number) =>
    verdict.within(
      10_000,
      'the answer',
      new Promise((resolve) => {
        poster.call(client, bytes, resolve);
      }),
    );
  return { client, verdict, call, push: (frame: string) => stream?.write(frame) };
}

describe('the generator', () => {
  it('accepts correct answers, short and long, with any line ends', async () => {
    const { call } = await session((frame) => frame);
    await call();
    await call(300_000);
    const other = await session((frame) => frame.replaceAll('\n', '\r\n'));
    await other.call();
  });

  it.each([
    ['another text', (frame: string) => frame.replace('xx', 'xy')],
    ['another id', (frame: string) => frame.replace('"id":1', '"id":2')],
    ['an error', (frame: string) => frame.replace('"result"', '"error"')],
    ['an answer twice', (frame: string) => frame + frame],
    ['half an answer', (frame: string) => `${frame.slice(0, 40)}\n\n`],
    ['another event', (frame: string) => `event: other\n${frame}`],
  ])('fails on %s', async (_, spoil) => {
    const { call } = await session(spoil);
    const twice = async () => {
      await call();
      await call();
    };
    await expect(twice()).rejects.toThrow(/^spec: /);
  });

  it.each([
    ['takes all in order', [0, 1, 2], undefined],
    ['fails on one that is missing', [0, 2], /^spec: not /],
    ['fails on one that comes twice', [0, 0], /^spec: not /],
  ])('of a sequence %s', async (_, numbers, failure) => {
    const { client, verdict, push } = await session((frame) => frame);
    const arrived = new Promise<void>((resolve) => {
      let left = numbers.length;
      client.receiver = new Sequence(0, 256, verdict, () => (left -= 1) === 0 && resolve());
    });
    for (const seq of numbers) push(`data: ${JSON.stringify(notification(0, seq, 256))}\n\n`);
    const all = verdict.within(10_000, 'all events', arrived);
    if (failure === undefined) await all;
    else await expect(all).rejects.toThrow(failure);
  });
});
