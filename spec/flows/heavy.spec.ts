import { connect } from 'node:net';
import { expect, it } from 'vitest';

import { startChildServer, type ChildServer } from '../support/child-server.js';
import { outcomeOf } from '../support/outcome.js';
import { percentile } from '../support/percentile.js';
import type { Flood, Measurement } from '../support/programs/measured-server.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

const MiB = 1024 * 1024;
const OTHERS = 15;

/** Opens a stream that nobody reads, and has the server send 200 MB to it. */
async function flood(server: ChildServer, sessions: number, awaited: boolean): Promise<Flood> {
  await openStalled(server.port);
  return server.ask(`/flood?sessions=${sessions}&bytes=${200 * MiB}&awaited=${awaited}`);
}

/** Pings of all clients, for as long as `running` says, in milliseconds each. */
async function pings(clients: StreamClient[], running: () => boolean): Promise<number[]> {
  const taken: number[] = [];
  const ping = async (client: StreamClient): Promise<void> => {
    do {
      const start = performance.now();
      await client.request('ping');
      taken.push(performance.now() - start);
    } while (running());
  };
  await Promise.all(clients.map(ping));
  return taken;
}

// Kills: a write without the drain wait (memory), and a lock that connections share (time).
it(
  '[19] [21] sending 200 MB to a stalled client costs less than 32 MiB and does not slow other clients',
  { timeout: 300_000 },
  async () => {
    const server = await startChildServer({ writeTimeoutMs: 3_000 });
    const others = await Promise.all(
      Array.from({ length: OTHERS }, () => StreamClient.open(`${server.url}/sse`)),
    );
    await pings(others, countdown(300)); // The first round warms everything up.
    const before = percentile(await pings(others, countdown(600)), 99);

    const flooding = outcomeOf(flood(server, OTHERS + 1, true));
    const meanwhile = percentile(await pings(others, () => flooding.state === 'pending'), 99);
    expect(flooding.value?.reason).toBe('write-timeout');
    expect(flooding.value?.held).toBeLessThan(32 * MiB);
    expect(flooding.value?.resident).toBeLessThan(32 * MiB);
    // Whoever had to wait for the stalled one would wait for three seconds.
    expect(meanwhile).toBeLessThan(Math.max(5 * before, 2_000));
    expect((await server.ask<Measurement>('/measure')).sessions).toBe(OTHERS);
  },
);

// Kills: a queue without a bound.
it(
  '[17] [19] sending 200 MB to a stalled client without awaiting costs less than 32 MiB',
  { timeout: 300_000 },
  async () => {
    const server = await startChildServer();
    const other = await StreamClient.open(`${server.url}/sse`);
    const { reason, held, resident } = await flood(server, 2, false);
    expect(reason).toBe('buffer-overflow');
    expect(held).toBeLessThan(32 * MiB);
    expect(resident).toBeLessThan(32 * MiB);
    expect((await other.request('ping')).result).toEqual({});
  },
);

function countdown(count: number): () => boolean {
  let left = count;
  return () => (left -= 1) > 0;
}

const CYCLES = 10_000;
const AT_ONCE = 50;

it(
  '[46] leaves nothing behind after 10,000 clients have come and gone, and can exit',
  { timeout: 300_000 },
  async () => {
    const server = await startChildServer();
    // Until V8 has compiled what it will: that stays, whoever comes.
    await comeAndGo(server, CYCLES / 2);
    const before = await server.quiet();
    await comeAndGo(server, CYCLES);
    const after = await server.quiet();
    expect(after).toMatchObject({ sessions: 0, timers: 0 });
    expect(after.listeners).toBe(before.listeners);
    expect(after.resources.sort()).toEqual(before.resources.sort());
    // 100 bytes for each that came would be a megabyte.
    expect(after.held - before.held).toBeLessThan(MiB);
    await fetch(`${server.url}/close`, { method: 'POST' });
    expect(await server.exit).toBe(0);
  },
);

/** Clients that leave at all stages: before the head, with it, after the endpoint event. */
async function comeAndGo(server: ChildServer, count: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await cycle(server.port, (next += 1));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function cycle(port: number, turn: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('close', () => {
      resolve();
    });
    socket.write('GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n');
    if (turn % 10 === 0) socket.once('connect', () => socket.destroy());
    else socket.once('data', () => (turn % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()));
  });
}
