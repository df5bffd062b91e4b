import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { request } from '../support/messages.js';
import { untilConnections } from '../support/open-sockets.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const EIO = (): Error => Object.assign(new Error('EIO'), { code: 'EIO' });

/** What a socket does, from one of its writes on, instead of writing. */
const FAULTS: Readonly<Record<string, (socket: Socket) => void>> = {
  'throws inside write': (socket) => {
    socket.write = () => {
      throw EIO();
    };
  },
  'fails a write later': (socket) => {
    socket._write = (_chunk, _encoding, done) => setImmediate(done, EIO());
    socket._writev = (_chunks, done) => setImmediate(done, EIO());
  },
  'fails a write at once': (socket) => {
    socket._write = (_chunk, _encoding, done) => {
      done(EIO());
    };
    socket._writev = (_chunks, done) => {
      done(EIO());
    };
  },
  'emits an error inside write': (socket) => {
    socket.write = () => {
      socket.emit('error', EIO());
      return false;
    };
  },
  'is destroyed inside write': (socket) => {
    socket.write = () => {
      socket.destroy(EIO());
      return false;
    };
  },
  'is reset inside write': (socket) => {
    socket.write = () => {
      socket.resetAndDestroy();
      return true;
    };
  },
};

/** Lets the fault begin with the write of that number, on the connection of that number. */
function arm(
  server: Server,
  fault: (socket: Socket) => void,
  at: { connection: number; write: number },
): void {
  let connections = 0;
  server.on('connection', (socket) => {
    if (connections++ !== at.connection) return;
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    let writes = 0;
    socket.write = (...given: unknown[]) => {
      if (writes++ < at.write) return write(...given);
      socket.write = write;
      fault(socket);
      return (socket.write as typeof write)(...given);
    };
  });
}

/** The first connection is a stream, the second a POST. */
const PLACES = [
  ...[0, 1, 2, 3].map((write) => ({ connection: 0, write })),
  { connection: 1, write: 0 },
];

const MAJOR = Number(process.versions.node.split('.')[0]);
/** [node] 26 writes a chunk in a tick of its own: what a socket throws there nobody can catch. */
const HERE = Object.entries(FAULTS).filter(
  ([name]) => MAJOR < 26 || name !== 'throws inside write',
);

// Kills: an error of the response that is not heard, an `end` whose throw nobody catches.
it.each(HERE)('survives a socket that %s', async (_, fault) => {
  for (const place of PLACES) {
    const { url, server, mcp } = await serve();
    arm(server, fault, place);
    const client = await StreamClient.open(`${url}/sse`).catch(() => undefined);
    await client?.post(request(1, 'ping')).catch(() => undefined);
    for (const session of mcp.sessions) void session.notify('more').catch(() => undefined);
    await mcp.closeSessions();
    client?.drop();
    await eventually(
      () => mcp.sessions.size === 0,
      `the end with a fault at ${String(place.write)}`,
    );

    const next = await StreamClient.open(`${url}/sse`);
    expect((await next.request('ping')).result).toEqual({});
    next.drop();
    await eventually(() => mcp.sessions.size === 0);
    await untilConnections(server, 0);
  }
});

/** What `express-session` and its like do: an `end` of their own before Node's. */
it('survives middleware whose res.end throws, on a stream and on a POST', async () => {
  const errors: string[] = [];
  let fails = true;
  const { url, mcp, server } = await serve(
    { hooks: { onError: ({ code }) => errors.push(code) } },
    {
      way: 'router',
      prepare: (app) =>
        app.use((_req, res: ServerResponse, next) => {
          const end = res.end.bind(res) as () => ServerResponse;
          res.end = () => {
            if (fails) throw EIO();
            return end();
          };
          next();
        }),
    },
  );
  const client = await StreamClient.open(`${url}/sse`);
  await expect(client.post(request(1, 'ping'))).rejects.toThrow();
  expect((await client.nextMessage()).result).toEqual({});
  await mcp.closeSessions();
  await client.end();
  // At once, and not when the reader has had its time.
  expect(new Set(errors)).toEqual(new Set(['internal', 'write-failed']));
  fails = false;
  const next = await StreamClient.open(`${url}/sse`);
  expect((await next.request('ping')).result).toEqual({});
  next.drop();
  await untilConnections(server, 0);
});
