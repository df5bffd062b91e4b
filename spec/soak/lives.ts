import { connect } from 'node:net';

import { corpus } from '../hostile/corpus.js';
import { exchange } from '../hostile/exchange.js';
import { faultOf } from '../hostile/judge.js';
import { PATIENCE_MS, Traveller } from './roaming-client.js';

/** What a life is lived in. */
export interface World {
  readonly port: number;
  readonly random: () => number;
  /** No more than what must be. */
  readonly ending: () => boolean;
  count(what: string, by?: number): void;
  fault(what: string): void;
}

export type Life = (world: World) => Promise<void>;

const CORPUS = Object.values(corpus).flat();
const RESUMES = { 'Mcp-Sse-Resume': '1' };
const GET = 'GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

const upTo = ({ random }: World, count: number): number => Math.floor(random() * count);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const think = (world: World): Promise<void> => pause(world.ending() ? 1 : 200 + upTo(world, 1_800));

/** A client with its session; what it has to say against the server is written down. */
async function withSession(
  world: World,
  headers: Readonly<Record<string, string>>,
  live: (client: Traveller) => Promise<void>,
): Promise<void> {
  const client = new Traveller(world.port, headers);
  try {
    const status = await client.open();
    if (status !== 200) throw new Error(`was refused a stream: ${status}`);
    await client.call('initialize', { protocolVersion: '2025-06-18' });
    await live(client);
  } catch (error) {
    world.fault(String(error));
  }
  client.cut(world.random() < 0.5);
  world.count('lost', client.lost);
  world.count('repeated', client.repeated);
  world.count('notifications', client.n);
  for (const fault of client.faults) world.fault(fault);
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

async function useTool(world: World, client: Traveller): Promise<void> {
  const name = TOOLS[upTo(world, TOOLS.length)]!;
  const text = `${name}-${upTo(world, 1e9)}`;
  const { result, error } = await client.tool(name, text);
  const got = error ? String(error.code) : JSON.stringify(result);
  world.count('calls');
  if (got !== EXPECTED[name]!(text)) world.fault(`${name} answered ${got}`);
}

/** Nothing of what was sent to it is missing. */
async function takeStock(world: World, client: Traveller): Promise<void> {
  const { result } = await client.tool('sent');
  const missing =
    Number(result?.n) - client.n + (client.b === undefined ? 0 : Number(result?.b) - client.b);
  // What was sent behind the answer may be here already; what was sent before it must be.
  if (missing > 0) {
    world.count('lost', missing);
    world.fault(`misses ${missing} of what it was sent`);
  }
}

const normal: Life = (world) =>
  withSession(world, {}, async (client) => {
    for (let calls = 4 + upTo(world, 8); calls > 0 && !world.ending(); calls -= 1) {
      await useTool(world, client);
      await think(world);
    }
    if (world.random() < 0.3) await client.wish('hangs');
    await takeStock(world, client);
    if (world.random() < 0.2) await client.wish('close');
  });

/** Loses its stream again and again, also while it waits for answers. */
const resuming: Life = (world) =>
  withSession(world, RESUMES, async (client) => {
    for (let cuts = 3 + upTo(world, 4); cuts > 0 && !world.ending(); cuts -= 1) {
      const calls = Promise.all([useTool(world, client), useTool(world, client)]);
      // It is awaited below, unless something else fails first.
      calls.catch(() => undefined);
      await pause(upTo(world, 40));
      client.cut(world.random() < 0.5);
      world.count('cuts');
      await pause(upTo(world, 300));
      const status = await client.open();
      if (status !== 200) throw new Error(`could not come back: ${status}`);
      await calls;
      await think(world);
    }
    await takeStock(world, client);
    // Else it is waited for when it has left.
    if (world.random() < 0.7) await client.wish('close');
  });

const hostile: Life = (world) =>
  withSession(world, {}, async (client) => {
    for (let tries = 3 + upTo(world, 8); tries > 0 && !world.ending(); tries -= 1) {
      const sent = CORPUS[upTo(world, CORPUS.length)]!;
      const received = await exchange(world.port, client.sessionId, sent, PATIENCE_MS);
      const fault = faultOf(sent, received);
      world.count('malformed requests');
      if (fault !== undefined) world.fault(`${sent.name} ${fault}`);
      await useTool(world, client);
      await think(world);
    }
    await takeStock(world, client);
  });

/** Does not read any more; the server may not wait for it for ever. */
const stalled: Life = (world) =>
  withSession(world, {}, async (client) => {
    await think(world);
    client.stall();
    world.count('stalled readers');
    if (world.random() < 0.5) await client.wish('flood');
    for (let turns = 3; turns > 0 && !world.ending(); turns -= 1) await think(world);
  });

const sitting: Life = (world) =>
  withSession(world, {}, async (client) => {
    for (let turns = 3; turns > 0 && !world.ending(); turns -= 1) await think(world);
    if (client.ended) throw new Error('lost its stream and had done nothing');
  });

/** Gone at any byte of its request, or of the answer. */
const aborting: Life = async (world) => {
  const sent = upTo(world, GET.length * 2);
  const read = upTo(world, 400);
  const byReset = world.random() < 0.5;
  await new Promise<void>((resolve) => {
    const socket = connect(world.port, '127.0.0.1');
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
  world.count('aborts');
  await pause(upTo(world, 100));
};

const refused: Life = async (world) => {
  const wish = world.random() < 0.8 ? 'throw' : 'hang';
  const client = new Traveller(world.port, { 'X-Soak': wish });
  const status = await client.open().catch(String);
  if (status !== 500) world.fault(`was to be refused, and got ${status}`);
  client.cut(false);
  world.count('refused streams');
  await think(world);
};

/** Lives that hold a session, as often as they stand here. */
export const residents: readonly Life[] = [
  ...[normal, normal, normal, normal, resuming, resuming, resuming],
  ...[hostile, hostile, stalled, sitting],
];
/** And those that hold none, or not for long. */
export const passersBy: readonly Life[] = [aborting, aborting, aborting, refused];
