// Run by memory.spec.ts in a process of its own: opens sessions, loses their clients, and sends
// to all of them until their logs are full. Prints what that takes.
import { createServer } from 'node:http';
import { connect } from 'node:net';

import express from 'express';

import { mcpSse } from '../../../lib/index.js';
import { listen } from '../serve.js';

const [count, maxTotalBytes] = process.argv.slice(2).map(Number) as [number, number];
/** Streams that are opened at a time. */
const AT_ONCE = 50;
/** Short, long, and with what takes two bytes a character. */
const PADDINGS = [
  [0, 'x'],
  [1_000, 'x'],
  [200, '€'],
] as const;

const mcp = mcpSse({
  handler: () => ({}),
  limits: { maxSessions: count, maxTotalBytes },
  resume: { windowMs: 3_600_000 },
});
const server = createServer(mcp.requestListener(express()));
const port = await listen(server);

await openAndLose(AT_ONCE);
await mcp.closeSessions();
const before = heap();
while (mcp.sessions.size < count) await openAndLose(AT_ONCE);
for (let n = 0; evicted() === 0; n += 1) {
  const [length, letter] = PADDINGS[n % PADDINGS.length]!;
  // Each makes its own text, so that no two share a string.
  for (const session of mcp.sessions) {
    void session.notify('n', { text: String(n).padEnd(length, letter) });
  }
}
const { size: sessions } = mcp.sessions;
console.log(JSON.stringify({ heap: heap() - before, sessions, evicted: evicted() }));
process.exit();

function evicted(): number {
  return mcp.stats().totals.closed['replay-evicted'] ?? 0;
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function openAndLose(streams: number): Promise<void> {
  await Promise.all(Array.from({ length: streams }, openOne));
  while (mcp.stats().totals.detached < mcp.stats().totals.opened)
    await new Promise((next) => setImmediate(next));
}

/** Opens a stream by hand, since 10,000 parsers and agents would take most of the time. */
function openOne(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nMcp-Sse-Resume: 1\r\n\r\n',
    );
    socket.on('data', (chunk) => {
      if (chunk.includes('endpoint')) socket.destroy();
    });
    socket.on('close', () => {
      resolve();
    });
  });
}
