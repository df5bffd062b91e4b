import type { IncomingHttpHeaders } from 'node:http';

/** What came back for a POST, or for a stream that is none. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How much of a body a message quotes. */
const QUOTED = 2_000;

/**
 * The server refused: a stream with anything but `200 text/event-stream`, or a message with
 * anything but 202. The message names status and body; both are here to assert on, too.
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;

  constructor(what: string, { status, headers, body }: HttpAnswer) {
    const type = headers['content-type'] ?? 'no content type';
    super(`${what} was answered ${status} (${type}): ${body.slice(0, QUOTED) || 'empty body'}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}
