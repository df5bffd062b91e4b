import {
  request as httpRequest,
  type ClientRequest,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

import { within } from './clock.js';

/**
 * The connections of one session, seen from both sides: where the server runs in this process, a
 * test can wait until the server, too, has noticed that they are closed.
 */
export class Connections {
  readonly #server: Server | undefined;
  /** What the server has accepted, by the port of its client; other clients' too. */
  readonly #accepted = new Map<number, Socket>();
  readonly #requests = new Set<ClientRequest>();
  /** The ports of ours. */
  readonly #ports = new Set<number>();

  constructor(server: Server | undefined) {
    this.#server = server;
    server?.on('connection', this.#accept);
  }

  /** Begins a request on a connection of its own, which nothing keeps open afterwards. */
  begin(method: 'GET' | 'POST', url: string, headers: OutgoingHttpHeaders): ClientRequest {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = start(url, { method, headers, agent: false });
    this.#requests.add(request);
    request.once('close', () => {
      this.#requests.delete(request);
    });
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        if (socket.localPort !== undefined) this.#ports.add(socket.localPort);
      });
    });
    return request;
  }

  /** Resolves when the server has closed its end of those with the given ports, as far as known. */
  async noticed(timeoutMs: number, ports: Iterable<number> = this.#ports): Promise<void> {
    const open = [...ports].flatMap((port) => this.#accepted.get(port) ?? []);
    const late = (): Error =>
      new Error(`the server has not closed ${open.length} connections within ${timeoutMs} ms`);
    await within(Promise.all(open.map(closed)), timeoutMs, late);
  }

  /** Cuts all that are open, and resolves when the server has noticed. */
  async close(timeoutMs: number): Promise<void> {
    for (const request of this.#requests) request.destroy(new Error('the session was closed'));
    try {
      await this.noticed(timeoutMs);
    } finally {
      this.#server?.off('connection', this.#accept);
      this.#accepted.clear();
    }
  }

  readonly #accept = (socket: Socket): void => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    this.#accepted.set(remotePort, socket);
    socket.once('close', () => this.#accepted.delete(remotePort));
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}
