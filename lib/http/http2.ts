// Bridges the differences of HTTP/2.
import type { IncomingMessage, ServerResponse } from 'node:http';

import { streamHead as headOfStream } from '../wire/sse-encoder.js';

/**
 * Gives a request and a response of `node:http2` the members of `node:http` that the rest of
 * `lib/http` reads: a Host header, and `destroyed` and `closed` of the response.
 */
export function adaptHttp2(req: IncomingMessage, res: ServerResponse): void {
  if (!isHttp2(res)) return;
  // [spec] RFC 9113, 8.3.1: `:authority` takes the place of Host.
  const authority: unknown = req.headers[':authority'];
  if (typeof authority === 'string') req.headers.host ??= authority;
  // [node] `Http2ServerResponse` has neither; only its stream knows.
  const gone = { configurable: true, get: () => isDestroyed(Reflect.get(res, 'stream')) };
  Object.defineProperties(res, { destroyed: gone, closed: gone });
}

/** The head of a stream, as the protocol of the response allows it. */
export function streamHead(res: ServerResponse): Record<string, string> {
  const head = headOfStream();
  // [spec] RFC 9113, 8.2.2: HTTP/2 has no headers about the connection; [node] warns about one.
  if (isHttp2(res)) Reflect.deleteProperty(head, 'Connection');
  return head;
}

/** Ignores the version of the request: an HTTP/1 client may claim any. */
function isHttp2(res: ServerResponse): boolean {
  return 'stream' in res;
}

function isDestroyed(stream: unknown): boolean {
  return typeof stream !== 'object' || stream === null || Reflect.get(stream, 'destroyed') === true;
}
