import { connect } from 'node:net';

import { expect, it } from 'vitest';

import { startChildServer } from '../support/child-server.js';
import { notification } from '../support/messages.js';
import { StreamClient } from '../support/stream-client.js';

const MiB = 1024 * 1024;
const AT_ONCE = 20;
const GET = 'GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';
const NOTE = JSON.stringify(notification('note', { text: 'año' }));

/** A cut by FIN or by RST. */
type By = 'FIN' | 'RST';

/** One connection that is cut: behind so many bytes of its request, or of the answer. */
interface Cut {
  readonly request: Buffer;
  readonly sent: number;
  /** How much of the answer is waited for; undefined does not wait. */
  readonly received?: number;
  readonly by: By;
}

/** Resolves when both ends are closed. */
function make(port: number, { request, sent, received, by }: Cut): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let seen = 0;
    const cut = (): void => {
      if (by === 'RST') socket.resetAndDestroy();
      else socket.end();
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      resolve();
    });
    socket.on('data', (chunk) => {
      const before = seen;
      seen += chunk.length;
      if (received !== undefined && before <= received && seen > received) cut();
    });
    socket.write(request.subarray(0, sent), () => {
      if (received === undefined) cut();
    });
  });
}

/** Every byte of the request, and every byte of the answer, each by FIN and by RST. */
function cutsOf(request: Buffer, answerBytes: number): Cut[] {
  const places: Omit<Cut, 'by'>[] = [
    ...Array.from({ length: request.length + 1 }, (_, sent) => ({ request, sent })),
    ...Array.from({ length: answerBytes }, (_, received) => ({
      request,
      sent: request.length,
      received,
    })),
  ];
  return places.flatMap((place) => [
    { ...place, by: 'FIN' as const },
    { ...place, by: 'RST' as const },
  ]);
}

async function makeAll(port: number, cuts: readonly Cut[]): Promise<void> {
  const waiting = [...cuts];
  const lane = async (): Promise<void> => {
    for (let cut = waiting.pop(); cut; cut = waiting.pop()) await make(port, cut);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

// Kills: a POST that waits for ever for a body which was cut (memory), a client that left while
// its stream was being opened (sessions).
it(
  'leaves nothing behind when connections are cut at any byte of a request or stream',
  { timeout: 60_000 },
  async () => {
    const server = await startChildServer();
    const beside = await StreamClient.open(`${server.url}/sse`);
    const { pathname, search } = new URL(beside.endpoint);
    const post = [
      `POST ${pathname}${search} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(NOTE)}`,
    ];
    const message = Buffer.from(`${post.join('\r\n')}\r\n\r\n${NOTE}`);
    // The head and the first event of a stream have some 290 bytes at least, a 202 some 110.
    const cuts = [...cutsOf(Buffer.from(GET), 270), ...cutsOf(message, 100)];
    const warmUp = cuts.filter((_, index) => index % 5 === 0);
    await makeAll(server.port, warmUp);
    const before = await server.quiet(1);
    await makeAll(server.port, cuts);
    const after = await server.quiet(1);
    expect(after.listeners).toBe(before.listeners);
    expect(after.resources.sort()).toEqual(before.resources.sort());
    // 700 bytes for each that was cut would be a megabyte.
    expect(after.held - before.held).toBeLessThan(MiB);
    expect((await beside.request('ping')).result).toEqual({});
  },
);
