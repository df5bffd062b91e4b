import { describe, expect, it } from 'vitest';

import { JsonRpcError, type McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { request } from '../support/messages.js';
import { RESUMES } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const unreadable = {
  toString() {
    throw new Error('not even a text');
  },
};

/** What code may throw besides an `Error`. */
const THROWN: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 0],
  ['an empty text', ''],
  ['a symbol', Symbol('thrown')],
  ['a BigInt', 10n],
  ['a function', () => 'thrown'],
  ['an object without a prototype', Object.create(null)],
  ['an object that throws when it is read', unreadable],
  [
    'an error that throws when it is read',
    Object.defineProperty(new Error(), 'message', { get: unreadable.toString }),
  ],
  ['an abort', new DOMException('gone', 'AbortError')],
  ['an error of many', new AggregateError([new Error('one'), undefined])],
  ['an error that is its own cause', Object.assign(new Error('cyclic'), { cause: unreadable })],
];

type Code = () => unknown;
interface Place {
  readonly options: (code: Code) => McpSseOptions;
  /** Whether the stream is refused. */
  readonly refuses?: boolean;
  /** It is no place for an async function, by its type. */
  readonly sync?: boolean;
}

/** Wherever the application's own code runs. */
const PLACES: Readonly<Record<string, Place>> = {
  onConnect: { options: (onConnect) => ({ hooks: { onConnect } }), refuses: true },
  principal: { options: (code) => ({ security: { principal: code as never } }), refuses: true },
  sessionIdGenerator: {
    options: (code) => ({ sessionIdGenerator: code as never }),
    refuses: true,
    sync: true,
  },
  endpoint: { options: (code) => ({ endpoint: code as never }), refuses: true, sync: true },
  resumeKey: {
    options: (code) => ({ resume: { key: code as never } }),
    refuses: true,
    sync: true,
  },
  server: { options: (code) => ({ server: code as never }), refuses: true },
  onSessionOpen: { options: (onSessionOpen) => ({ hooks: { onSessionOpen } }) },
  onReceive: { options: (onReceive) => ({ hooks: { onReceive: onReceive } }) },
  onSend: { options: (onSend) => ({ hooks: { onSend } }) },
  onSessionDetach: { options: (onSessionDetach) => ({ hooks: { onSessionDetach } }) },
  onSessionClose: { options: (onSessionClose) => ({ hooks: { onSessionClose } }) },
  handler: { options: (handler) => ({ handler }) },
};

/** How it is thrown. */
const WAYS: readonly [string, (thrown: unknown) => unknown][] = [
  [
    'throws',
    (thrown) => {
      throw thrown;
    },
  ],
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what it is about
  ['rejects with', (thrown) => Promise.reject(thrown)],
  [
    'returns a promise whose `then` throws',
    (thrown) => ({
      then() {
        throw thrown;
      },
    }),
  ],
];

describe.each(Object.entries(PLACES))('%s', (_, { options, refuses, sync }) => {
  // Kills: a thrown value that is taken for an error, and read.
  it.each(sync ? WAYS.slice(0, 1) : WAYS)('may do so: it %s any value', async (_way, fail) => {
    for (const [name, thrown] of THROWN) {
      let failing = true;
      let errors = 0;
      const given = options(() => (failing ? fail(thrown) : undefined));
      const { url, mcp } = await serve({
        ...given,
        hooks: { ...given.hooks, onError: () => (errors += 1) },
      });
      const client = await StreamClient.open(`${url}/sse`, RESUMES);
      expect(client.status, name).toBe(refuses ? 500 : 200);
      if (!refuses) {
        const { status } = await client.post(request(1, 'ping'));
        expect(status, name).toBe(202);
        expect((await client.nextMessage()).id, name).toBe(1);
      }
      client.drop();
      if (!refuses) await eventually(() => mcp.stats().detached === 1, 'the loss of the stream');
      await mcp.closeSessions();
      await eventually(() => errors > 0, `the report of ${name}`);
      expect(mcp.sessions.size, name).toBe(0);
      failing = false;
    }
  });
});

it('answers with the serializable part of a JsonRpcError', async () => {
  const strange = [
    new JsonRpcError(1, 'x', 10n),
    new JsonRpcError(1, 'x', { toJSON: unreadable.toString }),
    new JsonRpcError(undefined as never, undefined as never, () => 1),
  ];
  const { url } = await serve({
    handler: () => {
      throw strange.pop()!;
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  for (let n = 1; n <= 3; n += 1) expect((await client.request('any')).id).toBe(n);
});

// All promises look alike where a text is wanted: clients would get each other's sessions.
it('refuses a resume key that is a promise', async () => {
  const resumeKey = (() => Promise.resolve('mine')) as never;
  const { url, mcp } = await serve({ resume: { key: resumeKey } });
  for (let n = 0; n < 2; n += 1) expect((await StreamClient.open(`${url}/sse`)).status).toBe(500);
  expect(mcp.stats()).toMatchObject({ totals: { opened: 0, errors: { internal: 2 } } });
});
