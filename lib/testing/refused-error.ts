// The error for an answer that is no success.
import type { IncomingHttpHeaders } from 'node:http';

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How much of a body a message quotes. */
const QUOTED = 2_000;

/**
 * The server answered a stream with anything but `200 text/event-stream`, or a message with
 * anything but 202. The error's message quotes status and body; both are members, too.
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
