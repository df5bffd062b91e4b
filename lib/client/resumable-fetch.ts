// A `fetch` with which a client transport resumes a lost stream, by `Last-Event-ID`.
import { EventStreamParser } from '../wire/sse-parser.js';

/** `fetch`, or anything with its signature. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * Returns a `fetch` for one client transport. It adds the `Last-Event-ID` header to reconnecting
 * GETs, which the MCP SDKs drop. A server of this package then resumes a lost stream exactly where it
 * stopped.
 *
 * ```ts
 * new SSEClientTransport(url, { fetch: resumableFetch() });
 * ```
 *
 * It remembers one stream: make a new one for each transport.
 *
 * @param base the `fetch` that it calls; by default the global one
 */
export function resumableFetch(base: FetchLike = fetch): FetchLike {
  let lastId = '';
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    const asksForStream = headers.get('accept')?.includes('text/event-stream') === true;
    if (!asksForStream || (init.method ?? 'GET') !== 'GET') return base(url, init);
    if (lastId === '') headers.set('Mcp-Sse-Resume', '1');
    else headers.set('Last-Event-ID', lastId);
    const response = await base(url, { ...init, headers });
    if (response.status === 404) lastId = '';
    if (!response.ok || !response.body) return response;
    const ids = idReader((id) => (lastId = id));
    return withBody(response, response.body.pipeThrough(ids));
  };
}

/**
 * Passes an event stream through and reports the id of each complete event: an event that was cut
 * in the middle must come again.
 */
function idReader(lastEventId: (id: string) => void): TransformStream<Uint8Array, Uint8Array> {
  // The parser skips the byte order mark itself, and only one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parser = new EventStreamParser({ lastEventId });
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      // After `enqueue`: an id is reported when the reader has its event.
      parser.feed(decoder.decode(chunk, { stream: true }));
    },
  });
}

/**
 * Copies a response with another body, because responses are read-only. Clients read its URL, too.
 */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected } = response;
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperties(copy, { url: { value: url }, redirected: { value: redirected } });
  return copy;
}
