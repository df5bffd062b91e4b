import { PassThrough } from 'node:stream';

import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage, McpSseError, McpSseOptions } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { notification } from '../../support/messages.js';
import { RawClient } from '../../support/raw-client.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const LIMIT = 200_000;
const short = notification('greet', { text: 'año €' });
const long = notification('greet', { text: '€'.repeat(50_000) });
const tooLong = notification('greet', { text: 'x'.repeat(LIMIT) });

/** A session behind middleware that looks at bodies, and what it, the server and `onError` got. */
async function behind(sniffer: RequestHandler, options: McpSseOptions = {}) {
  const received: JsonRpcMessage[] = [];
  const errors: McpSseError[] = [];
  const { url, port } = await serve(
    {
      handler: (message) => void received.push(message),
      limits: { maxBodyBytes: LIMIT },
      hooks: { onError: (error) => errors.push(error) },
      ...options,
    },
    { prepare: (app) => app.use(sniffer), way: 'router' },
  );
  const client = await StreamClient.open(`${url}/sse`);
  return { client, received, errors, port };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** All of them hand the request on before they have read it. */
const SNIFFERS: Record<string, RequestHandler> = {
  "req.on('data')": (req, _res, next) => {
    req.on('data', () => {});
    next();
  },
  'req.resume()': (req, _res, next) => {
    req.resume();
    next();
  },
  'req.pipe() to what is read': (req, _res, next) => {
    req.pipe(new PassThrough()).resume();
    next();
  },
  'req.pipe() to what nobody reads': (req, _res, next) => {
    req.pipe(new PassThrough({ highWaterMark: 1 }));
    next();
  },
  "req.on('readable')": (req, _res, next) => {
    req.on('readable', () => {
      while (req.read() !== null);
    });
    next();
  },
  'req.pause()': (req, _res, next) => {
    req.pause();
    next();
  },
  'req.setEncoding()': (req, _res, next) => {
    req.setEncoding('utf8').on('data', () => {});
    next();
  },
  'req.setEncoding("base64")': (req, _res, next) => {
    req.setEncoding('base64');
    next();
  },
  "an await, then req.on('data')": async (req, _res, next) => {
    await pause();
    req.on('data', () => {});
    next();
  },
};

describe.each(Object.entries(SNIFFERS))('behind %s', (_, sniffer) => {
  it.each([undefined, pause])('accepts a POST, with an async principal: %s', async (wait) => {
    const security = { principal: async () => wait?.().then(() => 'ann') ?? 'ann' };
    const { client, received, errors } = await behind(sniffer, { security });
    for (const message of [short, long, [short, short]]) {
      expect((await client.post(message)).status).toBe(202);
    }
    expect(received).toEqual([short, long, short, short]);
    expect(errors).toEqual([]);
  });

  it('refuses as without it, and keeps the connection usable', async () => {
    const { client, received } = await behind(sniffer);
    expectRefusal(await client.post(tooLong), 413, -32600);
    expectRefusal(await client.post('{'), 400, -32700);
    const elsewhere = `${client.endpoint}0`;
    for (const body of [short, long]) {
      const request = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
      const answer = await fetch(elsewhere, { ...request, body: JSON.stringify(body) });
      expect(answer.status).toBe(404);
      await answer.text();
    }
    expect(received).toEqual([]);
  });
});

it('loses no byte that starts to flow while the principal is awaited', async () => {
  const asked = deferred();
  const answer = deferred<string>();
  let first = true;
  const { client, received } = await behind((_req, _res, next) => next(), {
    security: {
      principal: (req) => {
        if (first) {
          first = false;
          return 'ann';
        }
        // Something in the application reads along, and late.
        setImmediate(() => {
          req.on('data', () => {}).resume();
          asked.resolve();
        });
        return answer.promise;
      },
    },
  });
  const posted = client.post(long);
  await asked.promise;
  await pause();
  answer.resolve('ann');
  expect((await posted).status).toBe(202);
  expect(received).toEqual([long]);
});

it('reads no more of the body before the principal is known', async () => {
  const flowing: unknown[] = [];
  const { client } = await behind(SNIFFERS["req.on('data')"]!, {
    security: {
      principal: async (req) => {
        await pause();
        if (req.method === 'POST') flowing.push(req.readableFlowing);
        return 'ann';
      },
    },
  });
  expect((await client.post(long)).status).toBe(202);
  expect(flowing).toEqual([false]);
});

it('accepts a body in pieces, behind a sniffer that was attached before the first one', async () => {
  const { client, received, port } = await behind(SNIFFERS["req.on('data')"]!);
  const { pathname, search } = new URL(client.endpoint);
  const bytes = Buffer.from(JSON.stringify(short));
  const poster = await RawClient.send(
    port,
    ...[`POST ${pathname}${search} HTTP/1.1`, 'Host: localhost'],
    ...['Content-Type: application/json', `Content-Length: ${String(bytes.length)}`],
  );
  for (const byte of bytes) {
    poster.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await poster.received('HTTP/1.1 202');
  expect(received).toEqual([short]);
});

/** A POST whose body is sent by the spec. */
async function begin(port: number, path: string, length: number): Promise<RawClient> {
  return RawClient.send(
    port,
    ...[`POST ${path} HTTP/1.1`, 'Host: localhost'],
    ...['Content-Type: application/json', `Content-Length: ${String(length)}`],
  );
}

it('reads a refused body to its end, so the connection stays usable', async () => {
  const { port } = await behind(SNIFFERS["req.on('data')"]!);
  const poster = await begin(port, '/message?sessionId=none', 1_000_000);
  await poster.received('HTTP/1.1 404');
  for (let count = 0; count < 10; count += 1) poster.write('x'.repeat(100_000));
  poster.send('GET /message HTTP/1.1', 'Host: localhost');
  await poster.received('HTTP/1.1 405');
});

describe('behind a sniffer that awaits before it calls next()', () => {
  /** Hands on what it has read of, once it has read something. */
  const awaiting: RequestHandler = (req, _res, next) => {
    if (req.method === 'POST') req.once('data', () => void pause().then(() => next()));
    else next();
  };

  it.each(['the whole body', 'a part of the body'])('reports that %s is gone', async (gone) => {
    const { client, received, errors, port } = await behind(awaiting);
    const { pathname, search } = new URL(client.endpoint);
    const bytes = JSON.stringify(short);
    const poster = await begin(port, pathname + search, Buffer.byteLength(bytes));
    const half = gone === 'the whole body' ? bytes.length : 10;
    poster.write(bytes.slice(0, half));
    await poster.received('HTTP/1.1 500');
    poster.write(bytes.slice(half));
    expect(received).toEqual([]);
    expect(errors).toEqual([expect.objectContaining({ code: 'internal' })]);
    expect(errors[0]!.message).toMatch(/body.*before it awaits.*req\.body/);
  });
});
