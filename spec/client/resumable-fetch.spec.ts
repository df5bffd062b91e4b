import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import type { FetchLike } from '../../lib/client/resumable-fetch.js';
import { expectLinear } from '../support/linear.js';
import { parseStream } from '../support/parse-stream.js';

const URL_ = 'http://127.0.0.1/sse';
const STREAM = { headers: { Accept: 'text/event-stream' } };

/** A `fetch` that answers as it is told and writes down what it was asked. */
class Base {
  readonly asked: { url: string | URL; init: RequestInit | undefined }[] = [];
  answer: () => Response = () => new Response('');

  readonly fetch: FetchLike = async (url, init) => {
    this.asked.push({ url, init });
    return this.answer();
  };

  /** A header of the last request. */
  header(name: string): string | null {
    return new Headers(this.asked.at(-1)?.init?.headers).get(name);
  }
}

function streamOf(chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const bytes = chunks.map((chunk) => Buffer.from(chunk));
  return new ReadableStream({
    pull(controller) {
      const chunk = bytes.shift();
      if (chunk) controller.enqueue(new Uint8Array(chunk));
      else controller.close();
    },
  });
}

/** What the next GET says after a stream of these chunks was read to its end. */
async function idAfter(...chunks: (string | Uint8Array)[]): Promise<string | null> {
  const base = new Base();
  const fetch = resumableFetch(base.fetch);
  base.answer = () => new Response(streamOf(chunks));
  await (await fetch(URL_, STREAM)).text();
  await fetch(URL_, STREAM);
  return base.header('last-event-id');
}

describe('the id that a reconnecting GET carries', () => {
  it('is missing from the first GET, which announces resumption instead', async () => {
    const base = new Base();
    await resumableFetch(base.fetch)(URL_, STREAM);
    expect([base.header('mcp-sse-resume'), base.header('last-event-id')]).toEqual(['1', null]);
  });

  it('is that of the last complete event', async () => {
    expect(await idAfter('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')).toBe('2');
    expect(await idAfter('id: 1\ndata: a\n\nid: 2\ndata: b\n')).toBe('1');
    expect(await idAfter('id: 1\ndata: a\n\nid: 2')).toBe('1');
    expect(await idAfter('id: 1\ndata: a')).toBeNull();
    expect(await idAfter('id: 1\ndata: a\n\n', ': comment\n', 'data: without\n\n')).toBe('1');
  });

  it('is read with or without a space, and to the end of its line', async () => {
    expect(await idAfter('id:1\ndata: a\n\n')).toBe('1');
    expect(await idAfter('id:  a: b \ndata: a\n\n')).toBe('a: b');
    expect(await idAfter('data: id: 7\nidx: 8\n\n')).toBeNull();
  });

  it('is the same however lines end and bytes arrive', async () => {
    const event = fc.record({
      id: fc.option(fc.stringMatching(/^[\w.-]{1,12}$/), { nil: undefined }),
      data: fc.stringMatching(/^[\wé€😀:{} ]{0,12}$/u),
    });
    const end = fc.constantFrom('\n', '\r', '\r\n');
    const scenario = fc.record({
      events: fc.array(event, { maxLength: 6 }),
      end,
      cut: fc.nat({ max: 20 }),
      sizes: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ events, end, cut, sizes }) => {
        const text = events
          .map(
            ({ id, data }) =>
              (id === undefined ? '' : `id: ${id}${end}`) + `data: ${data}${end}${end}`,
          )
          .join('');
        const whole = Buffer.from(text);
        const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
        // The parser waits behind a CR at the end, in case an LF follows.
        const { events: parsed } = parseStream(bytes.toString().replace(/\r\n?/g, '\n'));
        const expected = parsed.findLast(({ id }) => id !== undefined)?.id ?? null;
        expect(await idAfter(...inPieces(bytes, sizes))).toBe(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('may be empty, which clears it, and may not hold NUL', async () => {
    expect(await idAfter('id: 1\ndata: a\n\n', 'id\ndata: b\n\n')).toBeNull();
    expect(await idAfter('id: 1\ndata: a\n\n', 'id: a\0b\ndata: b\n\n')).toBe('1');
  });

  it('comes after one byte order mark at most', async () => {
    expect(await idAfter('\uFEFFid: 1\ndata: a\n\n')).toBe('1');
    expect(await idAfter('\uFEFF\uFEFFid: 1\ndata: a\n\n')).toBeNull();
  });

  it('is found in time linear in the length of the stream', async () => {
    const chunk = Buffer.from('x'.repeat(512));
    await expectLinear(async (factor) => {
      const base = new Base();
      const fetch = resumableFetch(base.fetch);
      let left = factor * 4 * 2_048;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('id: 1\ndata: ')),
        pull(controller) {
          controller.enqueue(left > 0 ? chunk : Buffer.from('\n\n'));
          if ((left -= 1) < 0) controller.close();
        },
      });
      base.answer = () => new Response(body);
      const { body: passed } = await fetch(URL_, STREAM);
      await passed!.pipeTo(new WritableStream());
      base.answer = () => new Response('');
      await fetch(URL_, STREAM);
      expect(base.header('last-event-id')).toBe('1');
    });
  });

  it('is not that of an event that the reader has not got yet', async () => {
    const base = new Base();
    const fetch = resumableFetch(base.fetch);
    base.answer = () => new Response(streamOf(['id: 1\ndata: a\n\n', 'id: 2\ndata: b\n\n']));
    const reader = (await fetch(URL_, STREAM)).body!.getReader();
    await fetch(URL_, STREAM);
    expect(base.header('last-event-id')).toBeNull();
    await reader.read();
    await fetch(URL_, STREAM);
    expect(base.header('last-event-id')).toBe('1');
  });

  it('survives an answer without a stream, and is forgotten with a 404', async () => {
    const base = new Base();
    const fetch = resumableFetch(base.fetch);
    base.answer = () => new Response(streamOf(['id: 1\ndata: a\n\n']));
    await (await fetch(URL_, STREAM)).text();
    for (const [status, id] of [
      [503, '1'],
      [200, '1'],
      [404, '1'],
      [200, null],
    ] as const) {
      base.answer = () => new Response('{}', { status });
      const response = await fetch(URL_, STREAM);
      expect([response.status, await response.text()]).toEqual([status, '{}']);
      expect(base.header('last-event-id')).toBe(id);
    }
    expect(base.header('mcp-sse-resume')).toBe('1');
  });

  it('is its own for each resumableFetch', async () => {
    const base = new Base();
    base.answer = () => new Response(streamOf(['id: 1\ndata: a\n\n']));
    await (await resumableFetch(base.fetch)(URL_, STREAM)).text();
    await resumableFetch(base.fetch)(URL_, STREAM);
    expect(base.header('last-event-id')).toBeNull();
  });
});

describe('a response that passes through', () => {
  it.each([
    ['a POST', { method: 'POST', headers: STREAM.headers, body: '{}' }],
    ['a GET for something else', { headers: { Accept: 'application/json' } }],
    ['a bare GET', undefined],
  ])('%s is not touched', async (_, init) => {
    const base = new Base();
    const answer = new Response('x');
    base.answer = () => answer;
    const response = await resumableFetch(base.fetch)(URL_, init);
    expect(response).toBe(answer);
    expect(base.asked[0]?.init ?? {}).toEqual(init ?? {});
  });

  it.each([
    ['an object', { Accept: 'text/event-stream', Authorization: 'Bearer x' }],
    ['Headers', new Headers({ Accept: 'text/event-stream', Authorization: 'Bearer x' })],
    [
      'pairs',
      [
        ['Accept', 'text/event-stream'],
        ['Authorization', 'Bearer x'],
      ],
    ],
  ] as [string, RequestInit['headers']][])('headers in %s are kept', async (_, headers) => {
    const base = new Base();
    const { signal } = new AbortController();
    const init = { headers, signal, credentials: 'include', cache: 'no-store' } as RequestInit;
    await resumableFetch(base.fetch)(URL_, init);
    const { headers: sent, ...rest } = base.asked[0]!.init!;
    expect(rest).toEqual({ signal, credentials: 'include', cache: 'no-store' });
    expect(Object.fromEntries(new Headers(sent))).toEqual({
      accept: 'text/event-stream',
      authorization: 'Bearer x',
      'mcp-sse-resume': '1',
    });
    expect(init.headers).toBe(headers);
  });

  it('the answer keeps its head, its bytes, and the URL that it came from', async () => {
    const base = new Base();
    const headers = { 'Content-Type': 'text/event-stream' };
    const answer = new Response(streamOf(['data: é', '\n\n']), {
      status: 201,
      statusText: 'Yes',
      headers,
    });
    Object.defineProperties(answer, {
      url: { value: 'http://other/sse' },
      redirected: { value: true },
    });
    base.answer = () => answer;
    const response = await resumableFetch(base.fetch)(URL_, STREAM);
    const { status, statusText, url, redirected } = response;
    expect({ status, statusText, url, redirected }).toEqual({
      status: 201,
      statusText: 'Yes',
      url: 'http://other/sse',
      redirected: true,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe('data: é\n\n');
  });

  it('a reader that cancels reaches the connection, and a cut reaches the reader', async () => {
    const base = new Base();
    let cancelled: unknown;
    base.answer = () =>
      new Response(new ReadableStream({ cancel: (why) => void (cancelled = why) }));
    await (await resumableFetch(base.fetch)(URL_, STREAM)).body!.cancel('enough');
    expect(cancelled).toBe('enough');
    const cut = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.error(new TypeError('terminated'));
      },
    });
    base.answer = () => new Response(cut);
    const response = await resumableFetch(base.fetch)(URL_, STREAM);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

function inPieces(bytes: Buffer, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    // Never only empty ones.
    const size = Math.max(sizes[turn % sizes.length]!, turn % 3 === 0 ? 1 : 0);
    pieces.push(bytes.subarray(at, (at += size)));
  }
  return pieces;
}
