import { once } from 'node:events';

import { expect, it } from 'vitest';

import type { McpServerLike, McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';
import { request } from '../support/messages.js';
import { untilConnections } from '../support/open-sockets.js';
import { RawClient } from '../support/raw-client.js';
import { beginAgainAsSdk, RESUMES } from '../support/returning-client.js';
import { serve, type Served } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

type Site = Served<unknown>;

/** What is going on when the shutdown begins; resolves in the middle of it. */
interface Fault {
  readonly options?: McpSseOptions;
  readonly begin: (site: Site) => Promise<unknown>;
  /** Connections of which only node:http knows: they have sent no whole request. */
  readonly leaves?: number;
}

/** What waits for its own deadline may not be what a shutdown waits for. */
const LONG_MS = 60_000;
/** A stream that is not open yet is refused when its hook has had its time. */
const SHORT_MS = 400;

const head = (site: Site, ...lines: string[]): Promise<RawClient> =>
  RawClient.send(site.port, ...lines, 'Host: localhost');

const open = ({ url }: Site, headers = {}): Promise<StreamClient> =>
  StreamClient.open(`${url}/sse`, headers);

/** Asks for a stream that does not come. */
const ask = (site: Site): Promise<unknown> => {
  const arrived = once(site.server, 'request');
  return head(site, 'GET /sse HTTP/1.1').then(() => arrived);
};

const call = async (site: Site): Promise<void> => {
  const client = await open(site);
  await client.post(request(1, 'run'));
};

const stuckServer = (stuck: Partial<McpServerLike>): McpServerLike => ({
  connect: () => Promise.resolve(),
  close: () => Promise.resolve(),
  ...stuck,
});

const FAULTS: Readonly<Record<string, Fault>> = {
  'an onConnect that never settles': { options: { hooks: { onConnect: hanging } }, begin: ask },
  'a principal that never settles': { options: { security: { principal: hanging } }, begin: ask },
  'a server() that never settles': { options: { server: hanging }, begin: ask },
  'a connect() that never settles': {
    options: { server: () => stuckServer({ connect: hanging }) },
    begin: ask,
  },
  'a close() that never settles': {
    options: { server: () => stuckServer({ close: hanging }) },
    begin: open,
  },
  'an onSessionOpen that never settles': {
    options: { hooks: { onSessionOpen: hanging } },
    begin: open,
  },
  'an onReceive that never settles': { options: { hooks: { onReceive: hanging } }, begin: call },
  'an onSend that never settles': { options: { hooks: { onSend: hanging } }, begin: call },
  'an onSessionClose that never settles': {
    options: { hooks: { onSessionClose: hanging } },
    begin: open,
  },
  'an onSessionDetach that never settles': {
    options: { hooks: { onSessionDetach: hanging } },
    begin: async (site) => {
      (await open(site, RESUMES)).drop();
      await eventually(() => site.mcp.stats().detached === 1);
    },
  },
  'a tool that never settles': { options: { handler: hanging }, begin: call },
  'a tool that waits for the client': {
    options: { handler: (_, { session }) => session.request('roots/list') },
    begin: call,
  },
  'a POST whose body does not come': {
    leaves: 1,
    begin: async (site) => {
      const { sessionId } = await open(site);
      const arrived = once(site.server, 'request');
      const length = ['Content-Type: application/json', 'Content-Length: 99'];
      await head(site, `POST /message?sessionId=${sessionId} HTTP/1.1`, ...length);
      await arrived;
    },
  },
  'half of a head': {
    leaves: 1,
    begin: async ({ port, server }) => {
      const connected = once(server, 'connection');
      (await RawClient.connect(port)).write('GET /sse HT');
      await connected;
    },
  },
  'a reader that takes nothing': {
    begin: async (site) => {
      await openStalled(site.port);
      await eventually(() => site.mcp.sessions.size === 1);
      for (const session of site.mcp.sessions) {
        void session.notify('flood', { text: 'x'.repeat(12_000_000) });
      }
    },
  },
  'a client that is asked who it is': {
    options: { resume: { probeTimeoutMs: LONG_MS } },
    begin: async (site) => {
      await open(site);
      const returning = await beginAgainAsSdk(`${site.url}/sse`);
      expect((await returning.nextMessage()).method).toBe('ping');
    },
  },
  'a ping that nobody answers': {
    options: { keepAlive: { intervalMs: 20, ping: true, timeoutMs: 60_000 } },
    begin: async (site) => (await open(site)).nextMessage(),
  },
  'a client that was cut off just now': {
    begin: async (site) => {
      (await open(site)).drop();
    },
  },
};

// Kills: a shutdown that waits for something by no deadline, or forgets somebody.
it.each(Object.entries(FAULTS))('shuts down amid %s', async (_, { options, begin, leaves = 0 }) => {
  const told: string[] = [];
  const site = await serve({
    limits: { hookTimeoutMs: begin === ask ? SHORT_MS : LONG_MS },
    ...options,
    hooks: {
      ...options?.hooks,
      ...(!options?.hooks?.onSessionOpen && { onSessionOpen: () => told.push('open') }),
      ...(!options?.hooks?.onSessionClose && { onSessionClose: () => told.push('close') }),
    },
  });
  await begin(site);
  const started = performance.now();
  await site.mcp.close({ timeoutMs: 100 });
  // By its own deadline, and not by that of a hook, a stall or a probe: those are far longer.
  expect(performance.now() - started).toBeLessThan(20_000);
  await eventually(() => site.mcp.sessions.size === 0);
  site.server.close();
  await untilConnections(site.server, leaves);
  const {
    totals: { opened, closed: closes },
  } = site.mcp.stats();
  expect(Object.values(closes).reduce((sum, count) => sum + count, 0)).toBe(opened);
  const count = (what: string): number => told.filter((each) => each === what).length;
  if (!options?.hooks?.onSessionOpen && !options?.hooks?.onSessionClose) {
    expect(count('close')).toBe(count('open'));
  }
});
