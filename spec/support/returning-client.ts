import { expect } from 'vitest';

import { LiveSession } from '../../lib/session/live-session.js';
import { SessionHandle } from '../../lib/session/session-handle.js';
import type { McpSseRouter, Session } from '../../lib/index.js';
import { post, StreamClient } from './stream-client.js';

type Headers = Record<string, string>;

/** What `resumableFetch` adds to its first GET. */
export const RESUMES = { 'Mcp-Sse-Resume': '1' };
/** What Node's `fetch` adds to the GETs of an EventSource. */
export const FETCHES = { 'Sec-Fetch-Mode': 'cors', 'Cache-Control': 'no-cache' };
const VERSION = '2025-06-18';
/** What an SDK client adds once it has negotiated. */
export const NEGOTIATED = { 'Mcp-Protocol-Version': VERSION };

/** Opens a stream as `resumableFetch` does, and goes through the handshake. */
export async function openWithIds(url: string, headers: Headers = {}): Promise<StreamClient> {
  const client = await StreamClient.open(url, { ...RESUMES, ...headers });
  await client.request('initialize', { protocolVersion: VERSION });
  return client;
}

export function lastId(client: StreamClient): string {
  return client.events.findLast(({ id }) => id !== undefined)?.id ?? '';
}

/** Comes back as `resumableFetch` does, after the last event that `client` has read. */
export function returnWithId(client: StreamClient, headers: Headers = {}): Promise<StreamClient> {
  return StreamClient.open(client.url, { 'Last-Event-ID': lastId(client), ...headers });
}

/** Opens a stream as an SDK client from 1.13 on does, and goes through the handshake. */
export async function openAsSdk(url: string, headers: Headers = {}): Promise<StreamClient> {
  const client = await StreamClient.open(url, { ...FETCHES, ...headers });
  await client.request('initialize', { protocolVersion: VERSION });
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
  await client.post(initialized, NEGOTIATED);
  await client.next(({ event }) => event === 'endpoint');
  return client;
}

/** Where an SDK client POSTs to: the URL of the last `endpoint` event. */
export function lastEndpoint(client: StreamClient): string {
  const { data } = client.events.findLast(({ event }) => event === 'endpoint')!;
  return new URL(data, client.url).href;
}

/** Opens a stream as an SDK client does that has lost one, and is asked who it is. */
export function beginAgainAsSdk(url: string, headers: Headers = {}): Promise<StreamClient> {
  return StreamClient.begin(url, { ...FETCHES, ...NEGOTIATED, ...headers });
}

/** Comes back as an SDK client does: answers the probe at the endpoint that `client` holds. */
export async function returnAsSdk(
  client: StreamClient,
  headers: Headers = {},
): Promise<StreamClient> {
  const again = await beginAgainAsSdk(client.url, headers);
  const { id, method } = await again.nextMessage();
  expect(method).toBe('ping');
  await post(
    lastEndpoint(client),
    { jsonrpc: '2.0', id, result: {} },
    { ...NEGOTIATED, ...headers },
  );
  await again.next(({ event }) => event === 'endpoint');
  return again;
}

/** The numbers of the notifications that a client was given. */
export function numbers(client: StreamClient): number[] {
  return client.messages.flatMap((message) =>
    'method' in message && message.method === 'number' ? [Number(message.params?.n)] : [],
  );
}

/** The session behind what the application holds. */
export function liveOf(session: Session | undefined): LiveSession {
  const live = session instanceof SessionHandle ? SessionHandle.liveOf(session) : undefined;
  if (live instanceof LiveSession) return live;
  throw new Error('this is no session of a router');
}

/** The one session of a server, with what only its own house sees of it. */
export function onlySession(mcp: McpSseRouter): LiveSession {
  const [session, ...more] = mcp.sessions;
  expect(more).toEqual([]);
  return liveOf(session);
}

/** Sends numbered notifications, and returns when they are accepted. */
export async function sendNumbers(
  session: Pick<LiveSession, 'notify'>,
  from: number,
  to: number,
): Promise<void> {
  for (let n = from; n <= to; n += 1) await session.notify('number', { n });
}
