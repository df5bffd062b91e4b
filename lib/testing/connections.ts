// The connections of one session.
import {
  request as httpRequest,
  type ClientRequest,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import { request as httpsRequest } from 'node:https';

import { ServerSockets, type Port } from './server-sockets.js';
import { within } from './clock.js';

/**
 * The connections of one session. If the server runs in this process, a test can wait until the
 * server has closed them, too.
 */
export class Connections {
  readonly #accepted: ServerSockets | undefined;
  readonly #requests = new Set<ClientRequest>();
  /** This side's ports. */
  readonly #ports = new Set<Port>();

  constructor(server: Server | undefined) {
    this.#accepted = server && ServerSockets.by(server);
  }

  /** Starts a request on a connection of its own, without keep-alive. */
  begin(method: 'GET' | 'POST', url: string, headers: OutgoingHttpHeaders): ClientRequest {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = start(url, { method, headers, agent: false });
    this.#requests.add(request);
    request.once('close', () => {
      this.#requests.delete(request);
    });
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        this.#ports.add(socket.localPort);
      });
    });
    return request;
  }

  /** Resolves when the server has closed its ends of the connections from these ports. */
  noticed(timeoutMs: number, ports: Iterable<Port> = this.#ports): Promise<void> {
    const late = (): Error =>
      new Error(`the server did not close its connections within ${timeoutMs} ms`);
    return within(this.#accepted?.closed(ports) ?? Promise.resolve(), timeoutMs, late);
  }

  /** Cuts all open connections, and resolves when the server has noticed. Call it once. */
  async close(timeoutMs: number): Promise<void> {
    for (const request of this.#requests) request.destroy(new Error('the session was closed'));
    try {
      await this.noticed(timeoutMs);
    } finally {
      this.#accepted?.release();
    }
  }
}
