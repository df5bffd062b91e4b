import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

export interface Relay {
  readonly port: number;
  readonly url: string;
  /** Streams that were cut so far. */
  readonly cuts: () => number;
  /** From now on nothing is cut. */
  spare(): void;
}

export interface RelayOptions {
  /** After how many bytes of the next stream's answer it is cut; undefined spares it. */
  cutAfter: () => number | undefined;
}

/**
 * A TCP relay in front of a server that cuts streams after so many bytes, by FIN and by RST in
 * turn. POSTs pass untouched.
 */
export async function relayTo(serverPort: number, { cutAfter }: RelayOptions): Promise<Relay> {
  let cuts = 0;
  let sparing = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    let left = Infinity;
    near.on('data', (chunk) => {
      if (chunk.subarray(0, 4).toString() === 'GET ' && !sparing) left = cutAfter() ?? Infinity;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (sparing || chunk.length <= left) {
        left -= chunk.length;
        near.write(chunk);
        return;
      }
      cuts += 1;
      near.write(chunk.subarray(0, left), () => {
        if (cuts % 2 === 0) near.resetAndDestroy();
        else near.destroy();
      });
      far.removeAllListeners('data');
      far.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${String(port)}`,
    cuts: () => cuts,
    spare: () => (sparing = true),
  };
}
