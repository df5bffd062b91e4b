// The error for a refused stream or message.
import type { IncomingHttpHeaders } from 'node:http';

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The most characters of a body that an error message quotes. */
const QUOTED = 2_000;

/**
 * The server refused a stream (no `200 text/event-stream`) or a message (no 202). The error's message
 * quotes status and body, and both are members.
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
