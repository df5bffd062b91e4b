/** `fetch`, or anything with its signature. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` for one client transport, which gives its reconnecting GETs the `Last-Event-ID` that
 * the MCP SDKs' own wrapper drops. With it a server of this package resumes a lost stream exactly
 * where it stopped.
 *
 * ```ts
 * new SSEClientTransport(url, { fetch: resumableFetch() });
 * ```
 *
 * It remembers one stream: make a new one for each transport.
 *
 * @param base what it calls; the global `fetch` unless told
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
    const ids = new IdReader((id) => (lastId = id));
    return withBody(response, response.body.pipeThrough(ids.stream));
  };
}

/** A response is read-only: another one with the same head, and the URL that clients look at. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected } = response;
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperties(copy, { url: { value: url }, redirected: { value: redirected } });
  return copy;
}

/**
 * Watches an event stream pass by and reports the id of each event once the event is whole:
 * one that is cut in the middle will be asked for again.
 */
class IdReader {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  readonly #report: (id: string) => void;
  readonly #decoder = new TextDecoder();
  #line = '';
  #id: string | undefined;
  #afterCr = false;

  constructor(report: (id: string) => void) {
    this.#report = report;
    this.stream = new TransformStream({
      transform: (chunk, controller) => {
        // Reported when the reader has it, not when it is on its way.
        controller.enqueue(chunk);
        this.#read(this.#decoder.decode(chunk, { stream: true }));
      },
    });
  }

  /** [spec] WHATWG 9.2.6: lines end in LF, CR or CRLF; an empty line ends an event. */
  #read(text: string): void {
    if (text === '') return;
    const rest = this.#afterCr && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterCr = text.endsWith('\r');
    const lines = (this.#line + rest).split(/\r\n|\r|\n/);
    // The last one has not ended yet.
    this.#line = lines.splice(-1).join('');
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    if (line === '') {
      if (this.#id !== undefined) this.#report(this.#id);
      this.#id = undefined;
    } else if (line.startsWith('id:')) this.#id = line.slice(line[3] === ' ' ? 4 : 3);
  }
}
