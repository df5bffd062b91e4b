// The sockets that a server has accepted.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** [node] A connection that has broken by now has none. */
export type Port = number | undefined;

/** One watch for each server that sessions of this process use. */
const watched = new WeakMap<Server, ServerSockets>();

/** The open connections that a server has accepted since the watch began. */
export class ServerSockets {
  readonly #server: Server;
  /** By the port of the client. */
  readonly #sockets = new Map<Port, Socket>();
  #watchers = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Watches a server until `release` has been called as often as this. */
  static by(server: Server): ServerSockets {
    const watch = watched.get(server) ?? new ServerSockets(server);
    watched.set(server, watch);
    watch.#watchers += 1;
    if (watch.#watchers === 1) server.on('connection', watch.#accept);
    return watch;
  }

  /** Resolves when the server has closed its ends of the connections from these ports. */
  async closed(ports: Iterable<Port>): Promise<void> {
    const sockets = [...ports].flatMap((port) => this.#sockets.get(port) ?? []);
    await Promise.all(sockets.map(closeOf));
  }

  release(): void {
    this.#watchers -= 1;
    if (this.#watchers > 0) return;
    this.#server.off('connection', this.#accept);
    this.#sockets.clear();
  }

  readonly #accept = (socket: Socket): void => {
    const { remotePort } = socket;
    this.#sockets.set(remotePort, socket);
    socket.once('close', () => this.#sockets.delete(remotePort));
  };
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}
