import { connect, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A raw connection that asks for a stream and never reads it. */
export async function openStalled(port: number, path = '/sse'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
  return socket;
}
