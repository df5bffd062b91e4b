import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import { percentile } from '../support/percentile.js';
import { connectSdkClient } from '../support/program/sdk-client.js';
import type { TestServer } from '../support/program/test-server.js';
import { within } from '../support/program/waiting.js';
import type { Fetch } from './pools.js';

/** A server, and the way on which a client reaches it. */
export interface Target {
  readonly server: TestServer;
  /** The stream, as the client sees it. */
  readonly url: string;
  readonly fetch: Fetch;
  /** All POSTs must go over the connections of a pool. */
  readonly pooled: boolean;
}

const EVENTS = 15;
/** An event that has not arrived by then is held back until another one follows. */
const LATE_MS = 1_500;
const CONNECT_MS = 4_000;
export const IDLE_MS = 30_000;

/** A real client that measures when notifications arrive. */
class MeasuringClient {
  /** When the notification with that number arrived. */
  readonly arrivals = new Map<number, number>();
  readonly client = new Client({ name: 'proxies', version: '1.0.0' });

  static async connect({ url, fetch }: Target): Promise<MeasuringClient> {
    const measuring = new MeasuringClient();
    const { client, arrivals } = measuring;
    const transport = new SSEClientTransport(new URL(url), { fetch });
    const onNotification = (data: unknown): void => {
      arrivals.set(Number(data), performance.now());
    };
    const connecting = connectSdkClient(client, transport, { onNotification });
    try {
      await within(connecting, CONNECT_MS, 'the connection of the client');
    } catch (error) {
      await client.close();
      throw error;
    }
    return measuring;
  }

  /** How long notification `number` takes to arrive; Infinity when it does not. */
  async delay(server: TestServer, number: number): Promise<number> {
    const sent = performance.now();
    server.notifyAll(number);
    while (performance.now() - sent < LATE_MS) {
      const arrival = this.arrivals.get(number);
      if (arrival !== undefined) return arrival - sent;
      await sleep(1);
    }
    return Infinity;
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** The median delay of events, in milliseconds. */
export async function delayOfEvents(target: Target): Promise<number> {
  const measuring = await MeasuringClient.connect(target);
  try {
    const delays: number[] = [];
    for (let number = 1; number <= EVENTS; number += 1) {
      delays.push(await measuring.delay(target.server, number));
      if (delays.filter((delay) => delay === Infinity).length > 1) return Infinity;
    }
    return percentile(delays, 50);
  } finally {
    await measuring.close();
  }
}

/** Calls tools at the announced URL; throws where that is not possible. */
export async function callTools(target: Target): Promise<void> {
  const measuring = await MeasuringClient.connect(target);
  try {
    for (let number = 1; number <= 20; number += 1) {
      const text = `call ${number}`;
      const call = measuring.client.callTool({ name: 'echo', arguments: { text } });
      const answer = JSON.stringify(await within(call, CONNECT_MS, 'an answer'));
      if (!answer.includes(text)) throw new Error(`wrong answer: ${answer}`);
    }
    const { connections } = target.server;
    if (target.pooled && connections > 2)
      throw new Error(`${connections} connections for one pool`);
  } finally {
    await measuring.close();
  }
}

/** Opens a stream without messages, and throws if it is cut meanwhile. */
export async function stayIdle(target: Target): Promise<void> {
  const measuring = await MeasuringClient.connect(target);
  try {
    await sleep(IDLE_MS);
    // A client that was cut has come back by itself: only the server can tell.
    const { opened, detached, resumed, closed } = target.server.mcp.stats().totals;
    const ends = detached + resumed + Object.values(closed).length;
    if (opened !== 1 || ends !== 0) throw new Error('the stream was cut');
    if ((await measuring.delay(target.server, 1)) === Infinity)
      throw new Error('the stream is dead');
  } finally {
    await measuring.close();
  }
}
