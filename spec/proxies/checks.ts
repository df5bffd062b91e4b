import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import { percentile } from '../support/percentile.js';
import type { Fetch } from './pools.js';
import type { Site } from './site.js';

/** What a check is made of: the server, and where a client finds it. */
export interface Place {
  readonly site: Site;
  readonly url: string;
  readonly fetch: Fetch;
  /** All POSTs must go over the connections of a pool. */
  readonly pooled: boolean;
}

const EVENTS = 15;
/** An event that has not come by then is not coming by itself. */
const LATE_MS = 1_500;
const CONNECT_MS = 4_000;
export const IDLE_MS = 30_000;

/** A real client, connected, and what it hears. */
class Listener {
  /** When the notification with that number came. */
  readonly heard = new Map<number, number>();
  readonly client = new Client({ name: 'proxies', version: '1.0.0' });

  static async connect({ url, fetch }: Place): Promise<Listener> {
    const listener = new Listener();
    const { client, heard } = listener;
    client.fallbackNotificationHandler = async ({ params }) => {
      heard.set(Number(params?.data), performance.now());
    };
    client.onerror = () => undefined;
    const transport = new SSEClientTransport(new URL(url), { fetch });
    try {
      await inTime(client.connect(transport), CONNECT_MS, 'the client did not connect');
    } catch (error) {
      await client.close();
      throw error;
    }
    return listener;
  }

  /** How long notification `number` takes to arrive; Infinity when it does not. */
  async delay({ mcp }: Site, number: number): Promise<number> {
    const sent = performance.now();
    const params = { level: 'info', data: number };
    mcp.broadcast({ jsonrpc: '2.0', method: 'notifications/message', params });
    while (performance.now() - sent < LATE_MS) {
      const heard = this.heard.get(number);
      if (heard !== undefined) return heard - sent;
      await sleep(1);
    }
    return Infinity;
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** The median delay of events, in milliseconds. */
export async function delayOfEvents(place: Place): Promise<number> {
  const listener = await Listener.connect(place);
  try {
    const delays: number[] = [];
    for (let number = 1; number <= EVENTS; number += 1) {
      delays.push(await listener.delay(place.site, number));
      if (delays.filter((delay) => delay === Infinity).length > 1) return Infinity;
    }
    return percentile(delays, 50);
  } finally {
    await listener.close();
  }
}

/** Calls tools at the announced URL; throws where that is not possible. */
export async function callTools(place: Place): Promise<void> {
  const listener = await Listener.connect(place);
  try {
    for (let number = 1; number <= 20; number += 1) {
      const text = `call ${number}`;
      const call = listener.client.callTool({ name: 'echo', arguments: { text } });
      const answer = JSON.stringify(await inTime(call, CONNECT_MS, 'no answer'));
      if (!answer.includes(text)) throw new Error(`wrong answer: ${answer}`);
    }
    const { connections } = place.site;
    if (place.pooled && connections > 2) throw new Error(`${connections} connections for one pool`);
  } finally {
    await listener.close();
  }
}

/** Opens a stream on which nothing happens, and throws if it is cut meanwhile. */
export async function idle(place: Place): Promise<void> {
  const listener = await Listener.connect(place);
  try {
    await sleep(IDLE_MS);
    // A client that was cut would have come back by itself, unnoticed: so the server is asked.
    const {
      detached,
      totals: { opened, resumed, closed },
    } = place.site.mcp.stats();
    const ends = detached + resumed + Object.values(closed).length;
    if (opened !== 1 || ends !== 0) throw new Error('the stream was cut');
    if ((await listener.delay(place.site, 1)) === Infinity) throw new Error('the stream is dead');
  } finally {
    await listener.close();
  }
}

async function inTime<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  const deadline = new AbortController();
  const late = sleep(ms, undefined, { signal: deadline.signal }).then(() => {
    throw new Error(`${what} within ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    deadline.abort();
  }
}
