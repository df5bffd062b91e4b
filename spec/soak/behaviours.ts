import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { corpus } from '../hostile/corpus.js';
import { exchange } from '../hostile/exchange.js';
import { faultOf } from '../hostile/judge.js';
import { WINDOW_MS } from './requests.js';
import { SoakClient, TIMEOUT_MS } from './soak-client.js';

/** What a client has while it behaves. */
export interface Context {
  readonly port: number;
  readonly random: () => number;
  /** Whether the run is about to end: clients take no further steps. */
  readonly ending: () => boolean;
  count(what: string, by?: number): void;
  addFault(what: string): void;
}

/** One client, from its connection to its end. */
export type Behaviour = (context: Context) => Promise<void>;

const CORPUS = Object.values(corpus).flat();
const RESUMES = { 'Mcp-Sse-Resume': '1' };
const GET = 'GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

const upTo = ({ random }: Context, count: number): number => Math.floor(random() * count);
/** What a user needs before the next call. */
const pauseBetweenCalls = (context: Context): Promise<void> =>
  pause(context.ending() ? 1 : 200 + upTo(context, 1_800));

/** A client with its session; whatever goes wrong is counted. */
async function withSession(
  context: Context,
  headers: Readonly<Record<string, string>>,
  work: (client: SoakClient) => Promise<void>,
): Promise<void> {
  const client = new SoakClient(context.port, headers);
  try {
    const status = await client.open();
    if (status !== 200) throw new Error(`was refused a stream: ${status}`);
    await client.call('initialize', { protocolVersion: '2025-06-18' });
    await work(client);
  } catch (error) {
    context.addFault(String(error));
  }
  client.cut(context.random() < 0.5);
  for (const { lost, repeated } of [client.own, client.broadcast]) {
    context.count('lost', lost);
    context.count('repeated', repeated);
  }
  context.count('notifications', client.own.count);
  for (const fault of client.faults) context.addFault(fault);
}

/** What each tool must answer. */
const EXPECTED: Readonly<Record<string, (text: string) => string>> = {
  echo: (text) => JSON.stringify({ text }),
  slow: (text) => JSON.stringify({ text }),
  throws: () => '-32603',
  rejects: () => '-32603',
  refuses: () => '-32050',
  strange: () => '-32603',
  roots: () => JSON.stringify({ roots: [] }),
};
const TOOLS = Object.keys(EXPECTED);

async function useTool(context: Context, client: SoakClient): Promise<void> {
  const name = TOOLS[upTo(context, TOOLS.length)]!;
  const text = `${name}-${upTo(context, 1e9)}`;
  const { result, error } = await client.callTool(name, text);
  const got = error ? String(error.code) : JSON.stringify(result);
  context.count('calls');
  if (got !== EXPECTED[name]!(text)) context.addFault(`${name} answered ${got}`);
}

async function checkNothingIsMissing(context: Context, client: SoakClient): Promise<void> {
  const { result } = await client.callTool('sent');
  const own = Number(result?.n) - (client.own.last ?? 0);
  const { last = Number(result?.b) } = client.broadcast;
  const missing = own + Number(result?.b) - last;
  // What was sent behind the answer may be here already; what was sent before it must be.
  if (missing > 0) {
    context.count('lost', missing);
    context.addFault(`misses ${missing} of what it was sent`);
  }
}

const normal: Behaviour = (context) =>
  withSession(context, {}, async (client) => {
    for (let calls = 4 + upTo(context, 8); calls > 0 && !context.ending(); calls -= 1) {
      await useTool(context, client);
      await pauseBetweenCalls(context);
    }
    if (context.random() < 0.3) await client.startTool('hangs');
    await checkNothingIsMissing(context, client);
    if (context.random() < 0.2) await client.startTool('close');
  });

/** Loses its stream again and again, also while it waits for answers. */
const resuming: Behaviour = (context) =>
  withSession(context, RESUMES, async (client) => {
    for (let cuts = 3 + upTo(context, 4); cuts > 0 && !context.ending(); cuts -= 1) {
      const calls = Promise.all([useTool(context, client), useTool(context, client)]);
      // It is awaited below, unless something else fails first.
      calls.catch(() => undefined);
      await pause(upTo(context, 40));
      client.cut(context.random() < 0.5);
      context.count('cuts');
      const cutAt = performance.now();
      await pause(upTo(context, 300));
      const status = await client.open();
      // Node accepts one connection in each turn of its event loop: behind many it may take long.
      if (status === 404 && performance.now() - cutAt > WINDOW_MS) {
        context.count('came back too late');
        return;
      }
      if (status !== 200) throw new Error(`could not come back: ${status}`);
      await calls;
      await pauseBetweenCalls(context);
    }
    await checkNothingIsMissing(context, client);
    // Otherwise its session waits for it to come back, and ends with its window.
    if (context.random() < 0.7) await client.startTool('close');
  });

const hostile: Behaviour = (context) =>
  withSession(context, {}, async (client) => {
    for (let tries = 3 + upTo(context, 8); tries > 0 && !context.ending(); tries -= 1) {
      const sent = CORPUS[upTo(context, CORPUS.length)]!;
      const received = await exchange(context.port, client.sessionId, sent, TIMEOUT_MS);
      const fault = faultOf(sent, received);
      context.count('malformed requests');
      if (fault !== undefined) context.addFault(`${sent.name} ${fault}`);
      await useTool(context, client);
      await pauseBetweenCalls(context);
    }
    await checkNothingIsMissing(context, client);
  });

/** Stops reading; the server must not wait for it for ever. */
const stalled: Behaviour = (context) =>
  withSession(context, {}, async (client) => {
    await pauseBetweenCalls(context);
    client.stall();
    context.count('stalled readers');
    if (context.random() < 0.5) await client.startTool('flood');
    for (let turns = 3; turns > 0 && !context.ending(); turns -= 1)
      await pauseBetweenCalls(context);
  });

const idle: Behaviour = (context) =>
  withSession(context, {}, async (client) => {
    for (let turns = 3; turns > 0 && !context.ending(); turns -= 1)
      await pauseBetweenCalls(context);
    if (client.ended) throw new Error('lost its stream while it was idle');
  });

/** Leaves at any byte of its request or of the answer. */
const aborting: Behaviour = async (context) => {
  const sent = upTo(context, GET.length * 2);
  const read = upTo(context, 400);
  const byReset = context.random() < 0.5;
  await new Promise<void>((resolve) => {
    const socket = connect(context.port, '127.0.0.1');
    const cut = (): void => {
      if (byReset) socket.resetAndDestroy();
      else socket.destroy();
    };
    let seen = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve();
    });
    socket.on('data', (chunk) => {
      seen += chunk.length;
      if (seen > read) cut();
    });
    socket.write(GET.slice(0, sent), () => {
      if (sent < GET.length) cut();
    });
    setTimeout(cut, 1_000).unref();
  });
  context.count('aborts');
  await pause(upTo(context, 100));
};

const refused: Behaviour = async (context) => {
  const failure = context.random() < 0.8 ? 'throw' : 'hang';
  const client = new SoakClient(context.port, { 'X-Soak': failure });
  const status = await client.open().catch(String);
  if (status !== 500) context.addFault(`was to be refused, and got ${status}`);
  client.cut(false);
  context.count('refused streams');
  await pauseBetweenCalls(context);
};

/** Behaviours with a session, each as often as it is listed here. */
export const withSessions: readonly Behaviour[] = [
  ...[normal, normal, normal, normal, resuming, resuming, resuming],
  ...[hostile, hostile, stalled, idle],
];
/** Behaviours without a session, or with one for a moment. */
export const withoutSessions: readonly Behaviour[] = [aborting, aborting, aborting, refused];
