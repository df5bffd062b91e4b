/** What clients send to fill the heap of a server, over and over until they are told to stop. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

import { notification, request } from '../support/messages.js';
import { post, StreamClient } from '../support/stream-client.js';

const MiB = 1 << 20;
/** Nearly the largest body, told apart from the one character that JSON needs beside it. */
const LARGE = 4 * MiB - 1_000;

/** Where a server is, and when enough was sent to it. */
export interface Target {
  readonly url: string;
  readonly done: () => boolean;
  /** Answers of the server, by status; 0 where the connection was cut. */
  readonly statuses: Map<number, number>;
}

type Input = (target: Target) => Promise<void>;

const toolCall = (id: number | string, name: string, given: object): object =>
  request(id, 'tools/call', { name, arguments: given });

/** Sends the body, and notes what becomes of it. */
async function send({ statuses }: Target, url: string, body: unknown): Promise<void> {
  const { status } = await post(url, body).catch(() => ({ status: 0 }));
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

/** A stream, unless the server has none to give. */
async function open({ url }: Target): Promise<StreamClient | undefined> {
  return StreamClient.open(`${url}/sse`).then(
    (client) => (client.status === 200 ? client : undefined),
    () => undefined,
  );
}

/** Opens streams as long as it goes on, and lets `use` do with each what it likes. */
const withClients =
  (use: (client: StreamClient, target: Target) => Promise<void>): Input =>
  async (target) => {
    while (!target.done()) {
      const client = await open(target);
      if (client) await use(client, target);
      client?.drop();
    }
  };

/** Made once: the clients beside it are not to wait for that. */
const initialize = (params: object): Buffer =>
  Buffer.from(JSON.stringify(request(1, 'initialize', { ...params })));
const clientInfo = { name: 'a', version: '1' };
const INTRODUCTIONS = [
  { clientInfo, capabilities: { list: Array.from({ length: 250_000 }, (_, n) => ({ [n]: {} })) } },
  { clientInfo: { ...clientInfo, name: 'x'.repeat(LARGE) } },
  { clientInfo, capabilities: { experimental: { a: { text: 'x'.repeat(16_000) } } } },
].map(initialize);

const largeInitialize = withClients(async ({ endpoint }, target) => {
  for (const body of INTRODUCTIONS) await send(target, endpoint, body);
});

/** A body of 4 MiB whose chunks have one byte each. */
const singleBytes = withClients(async ({ endpoint }, { done }) => {
  const { hostname, port, pathname, search } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}).resume();
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n` +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const piece = '1\r\n[\r\n'.repeat(8_192);
  for (let sent = 0; sent < LARGE && !done() && !socket.destroyed; sent += 8_192)
    await written(socket, piece);
  socket.destroy();
});

async function written(socket: Socket, text: string): Promise<void> {
  if (socket.write(text)) {
    await new Promise((resolve) => setImmediate(resolve));
    return;
  }
  const over = new AbortController();
  const signal = over.signal;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(
    () => undefined,
  );
  over.abort();
}

const ARGUMENTS = [
  `[${'{},'.repeat(LARGE / 4)}0]`,
  `{${Array.from({ length: 300_000 }, (_, n) => `"${n.toString(36)}":0`).join(',')}}`,
  `"${'x'.repeat(LARGE)}"`,
  `"${'x'.repeat(LARGE / 2)}€"`,
];
const CALLS = [...ARGUMENTS, ...ARGUMENTS].map((given, id) =>
  Buffer.from(
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"slow","arguments":{"a":${given}}}}`,
  ),
);

/** Calls that run for a while, with all that a body can hold, eight at a time. */
const slowCalls = withClients(async ({ endpoint }, target) => {
  await Promise.all(CALLS.map((body) => send(target, endpoint, body)));
});

const QUESTIONS = Buffer.from(
  JSON.stringify(Array.from({ length: 100 }, (_, id) => toolCall(id, 'long', {}))),
);

/** Thirty clients that never read, and ask for much. */
const deafClients: Input = async (target) => {
  const opened = await Promise.all(Array.from({ length: 30 }, () => open(target)));
  const clients = opened.filter((client) => client !== undefined);
  for (const client of clients) client.pause();
  do {
    const endpoints = clients.map(({ endpoint }) => endpoint);
    await Promise.all(endpoints.map((endpoint) => send(target, endpoint, QUESTIONS)));
  } while (!target.done());
  for (const client of clients) client.drop();
};

/** Calls that are cancelled, whose slots others want. */
const cancelled = withClients(async ({ endpoint }, target) => {
  for (let id = 0; id < 50 && !target.done(); id += 1) {
    const given = { text: 'x'.repeat(MiB / 4) };
    await send(target, endpoint, toolCall(id, 'slow', given));
    await send(target, endpoint, notification('notifications/cancelled', { requestId: id }));
  }
});

/** Large bodies for sessions that are nowhere, on a node that has no others to ask. */
const nobodys: Input = async (target) => {
  const url = `${target.url}/cut-off/message?sessionId=AAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBBBB`;
  while (!target.done()) {
    await Promise.all(Array.from({ length: 20 }, () => send(target, url, CALLS[0])));
  }
};

/** Every input that a server's budget is for. */
export const INPUTS: Readonly<Record<string, Input>> = {
  largeInitialize,
  singleBytes,
  slowCalls,
  deafClients,
  cancelled,
  nobodys,
};
