import { connect, type Socket } from 'node:net';

// One buffer for all sockets: what is read is used up before the next read, and ten thousand
// sockets with a buffer each would cost the generator more than the servers.
const shared = Buffer.allocUnsafe(256 * 1024);

/** A loopback connection that hands over what it reads in a buffer of everybody's. */
export function openSocket(port: number, onRead: (bytes: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          onRead(shared.subarray(0, length));
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
