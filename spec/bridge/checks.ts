import { get, type ClientRequest } from 'node:http';
import { fileURLToPath } from 'node:url';

import { createMcpHandler } from '@modelcontextprotocol/server';

import type { BridgeOptions } from '../../lib/bridge/index.js';
import type { Report } from '../../scripts/report.js';
import { openSockets } from '../support/open-sockets.js';
import { until, within } from '../support/program/waiting.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { modernServer } from './modern-server.js';
import { connect, greet, listen, nodeListener, open, type Content, type Place } from './places.js';
import { v1Listener } from './v1-listener.js';

const STDIO: BridgeOptions['upstream'] = {
  command: process.execPath,
  args: [fileURLToPath(new URL('programs/stdio-v1.mjs', import.meta.url))],
};

export async function checkLoad(report: Report, sessions: number, calls: number): Promise<void> {
  const v1 = await listen(v1Listener(() => v1McpServer(newJournal())).listener);
  const handler = createMcpHandler(() => modernServer(), { legacy: 'reject' });
  const modern = await listen(nodeListener(handler));
  const few = Math.ceil(sessions / 10);
  const kinds = [
    ['2025-11-25 over HTTP', v1.url, sessions],
    ['2026-07-28 over HTTP', modern.url, sessions],
    ['stdio', STDIO, few],
  ] as const;
  for (const [name, upstream, count] of kinds) {
    const place = await open({ upstream });
    const work = Promise.all(
      Array.from({ length: count }, async (_, session) => {
        const client = await connect(place.url);
        for (let call = 0; call < calls; call += 4) {
          const batch = Array.from({ length: Math.min(4, calls - call) }, async (__, n) => {
            const who = `${session}.${call + n}`;
            const said = await greet(client, who);
            if (said !== `Hello, ${who}`) throw new Error(`${who} was told "${said}"`);
          });
          await Promise.all(batch);
        }
        await client.close();
      }),
    );
    await report.check(
      `${name}: ${count} sessions, ${calls} calls each, no answer swapped`,
      within(work, 900_000, 'the load').then(() => undefined),
    );
    await place.close();
  }
  await handler.close();
  await v1.close();
  await modern.close();
}

export async function checkDrops(report: Report, drops: number): Promise<void> {
  const { listener, sessions } = v1Listener(() => v1McpServer(newJournal()));
  const v1 = await listen(listener);
  const before = openSockets().length;
  const place = await open({ upstream: v1.url });
  await report.check(`${drops} sessions opened and dropped`, crowd(place, drops, 50));
  await report.check(
    'no session is left',
    until(() => lackOf(place)),
  );
  await report.check(
    'none is left at the upstream',
    until(() => (sessions.size > 0 ? `${sessions.size} are left` : undefined)),
  );
  await place.close();
  await report.check(
    'no socket is left',
    until(() => {
      v1.server.closeIdleConnections();
      const now = openSockets().length;
      return now > before ? `${now - before} sockets are left` : undefined;
    }),
  );
  await v1.close();
  const stdio = await open({ upstream: STDIO, closeTimeoutMs: 1_000 });
  const few = Math.ceil(drops / 20);
  await report.check(`${few} sessions with a process opened and dropped`, crowd(stdio, few, 5));
  await report.check(
    'no process is left',
    until(() => lackOf(stdio)),
  );
  await stdio.close();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  report.add('no timer is left', timers.length > 0 ? `${timers.length} timers` : undefined);
}

const lackOf = ({ mcp, upstream }: Place): string | undefined => {
  const { processes, sessions } = upstream.stats();
  const open = Object.values(sessions).reduce((sum, count) => sum + count, 0);
  const left = mcp.sessions.size + open + processes;
  return left > 0
    ? `${mcp.sessions.size} sessions, ${open} upstreams, ${processes} processes`
    : undefined;
};

/** Opens sessions and cuts each at a moment of its own: before, while or after it is initialized. */
async function crowd({ url }: Place, count: number, atOnce: number): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const number = (next += 1);
      await drop(url, number % 3);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

function drop(url: string, stage: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = get(url, { agent: false }, (res) => {
      let text = '';
      const leave = (): void => {
        request.destroy();
        resolve();
      };
      res.on('error', () => undefined);
      res.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const [, endpoint] = /event: endpoint\ndata: (.*)\n/.exec(text) ?? [];
        if (text.includes('"serverInfo"')) leave();
        else if (endpoint !== undefined && !text.includes('event: message')) {
          if (stage === 0) leave();
          else {
            const posted = fetch(new URL(endpoint, url), {
              method: 'POST',
              headers: JSON_TYPE,
              body: INITIALIZE,
            });
            posted.then(stage === 1 ? leave : () => undefined, reject);
          }
        }
      });
    });
    request.on('error', () => resolve());
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'crowd', version: '1' },
  },
});

/** Every call is answered while the upstream is killed and started again. */
export async function checkRestarts(report: Report): Promise<void> {
  const factory = () => v1McpServer(newJournal());
  let v1 = await listen(v1Listener(factory).listener);
  const place = await open({ upstream: v1.url });
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(place.url)));
  let isOver = false;
  const counts = { right: 0, told: 0 };
  const work = clients.map(async (client, number) => {
    for (let call = 0; !isOver; call += 1) {
      const who = `${number}.${call}`;
      const said = await within(greet(client, who), 30_000, 'an answer').catch((error: unknown) => {
        const { data } = error as { data?: { hop?: string } };
        if (data?.hop === 'upstream') return undefined;
        throw error;
      });
      if (said === undefined) counts.told += 1;
      else if (said === `Hello, ${who}`) counts.right += 1;
      else throw new Error(`${who} was told "${said}"`);
    }
  });
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { port } = v1;
    await v1.close();
    v1 = await listen(v1Listener(factory).listener, port);
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  isOver = true;
  await report.check(
    'every call is answered while the upstream is restarted five times',
    Promise.all(work).then(() => undefined),
  );
  console.log(`  ${counts.right} answers, ${counts.told} told that the upstream failed`);
  await report.check(
    'all sessions go on afterwards',
    Promise.all(clients.map((client) => greet(client, 'Ann'))).then(() => undefined),
  );
  for (const client of clients) await client.close();
  await place.close();
  await v1.close();
}

export async function checkPeer(
  report: Report,
  name: string,
  upstream: string | string[],
  asks: boolean,
): Promise<void> {
  const [command = '', ...args] = upstream;
  const place = await open({
    upstream: typeof upstream === 'string' ? upstream : { command, args },
  });
  const check = async (): Promise<void> => {
    const client = await connect(place.url);
    const said = await greet(client, 'Ann');
    if (said !== 'Hello, Ann') throw new Error(`it said "${said}"`);
    if (asks) {
      const { content } = (await client.callTool({ name: 'roots', arguments: {} })) as Content;
      const [{ text } = { text: '' }] = content;
      if (!text.includes('file:///home')) throw new Error(`it was told the roots "${text}"`);
    }
    await client.close();
  };
  await report.check(name, within(check(), 60_000, name));
  await place.close();
}
