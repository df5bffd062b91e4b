import { connect, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A raw connection that asks for a stream and never reads it. */
export async function openStalled(
  port: number,
  path = '/sse',
  headers: Record<string, string> = {},
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.pause();
  const all = { Host: '127.0.0.1', Accept: 'text/event-stream', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return socket;
}
