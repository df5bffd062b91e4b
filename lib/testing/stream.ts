// The answer to the GET, while it goes on.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import type { Port } from './server-sockets.js';
import { EventStreamParser, type EventStreamListener } from '../wire/sse-parser.js';
import { send, statusOf, whole, type PreparedRequest } from './http-request.js';
import { RefusedError } from './refused-error.js';

/**
 * How a stream ended: the server `ended` it gracefully, its connection was `aborted`, or the test
 * `dropped` it.
 */
export type StreamEnd = 'ended' | 'aborted' | 'dropped';

/** The stream that answers the GET. */
export class Stream {
  /** Everything that was received, as text. */
  text = '';
  /** How it ended; undefined while it is open. */
  end: StreamEnd | undefined;
  /** Settles with the connection; never rejects. */
  readonly over: Promise<StreamEnd>;
  /** This side's port of the connection. */
  readonly port: Port;
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage, listener: EventStreamListener) {
    this.#response = response;
    this.port = response.socket.localPort;
    const parser = new EventStreamParser(listener);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.text += chunk;
      parser.feed(chunk);
    });
    // `complete` shows whether it broke off.
    response.on('error', () => undefined);
    this.over = new Promise((resolve) => {
      response.once('close', () => {
        this.end ??= response.complete ? 'ended' : 'aborted';
        resolve(this.end);
      });
    });
  }

  /**
   * Sends the GET.
   *
   * @throws RefusedError (as a rejection) if the answer is not a stream; Error if there is no answer.
   */
  static async open(get: PreparedRequest, listener: EventStreamListener): Promise<Stream> {
    const response = await send(get);
    const type = response.headers['content-type'] ?? '';
    // [spec] WHATWG 9.2.3: anything else fails the connection.
    const isStream = statusOf(response) === 200 && /^text\/event-stream *(;|$)/i.test(type);
    if (isStream) return new Stream(response, listener);
    throw new RefusedError(get.name, await whole(response, get.timeoutMs));
  }

  get status(): number {
    return statusOf(this.#response);
  }

  get headers(): IncomingHttpHeaders {
    return this.#response.headers;
  }

  /** Cuts the connection, if it is still there. */
  drop(): void {
    this.end ??= 'dropped';
    this.#response.destroy();
  }
}
