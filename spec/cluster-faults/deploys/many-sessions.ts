import { request } from 'node:http';

import { EventStreamParser } from '../../../lib/wire/sse-parser.js';
import type { Report } from '../../../scripts/report.js';
import { until } from '../../support/program/waiting.js';
import type { AdapterName } from '../adapters.js';
import { Cluster } from '../cluster.js';
import type { DeployProtocol } from './answers.js';

const PROGRAM = new URL('node.ts', import.meta.url);
const AT_A_TIME = 50;
const TERMINATE_MS = 30_000;

/** Hands over many sessions whose clients are connected to the node that ends, and takes the time. */
export async function checkManySessions(
  adapter: AdapterName,
  count: number,
  report: Report,
): Promise<void> {
  const name = `${adapter}, ${count} sessions handed over`;
  const cluster = await Cluster.start<DeployProtocol>(adapter, 1, PROGRAM);
  const streams: Stream[] = [];
  try {
    const [leaving, ...others] = cluster.slots;
    if (!leaving) throw new Error('there are no nodes');
    while (streams.length < count) {
      const batch = Array.from({ length: Math.min(AT_A_TIME, count - streams.length) }, () =>
        open(leaving.port),
      );
      streams.push(...(await Promise.all(batch)));
    }
    await until(async () => {
      const sessions = await leaving.node.process.ask('sessions');
      return sessions.length === count ? undefined : `there are ${sessions.length} sessions`;
    });
    const began = performance.now();
    cluster.stopped.add(leaving.node.name);
    await leaving.node.process.terminate(TERMINATE_MS);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const all = await Promise.all(others.map(({ node }) => node.process.ask('sessions')));
    const moved = all.map(({ length }) => length);
    const missing = count - moved.reduce((sum, each) => sum + each, 0);
    const faults = missing === 0 ? [] : [`${missing} sessions are lost`];
    const note = `${moved.join(' and ')}, ${seconds} s from SIGTERM to the end of the process`;
    report.add(name, [...faults, ...cluster.crashes()], note);
  } catch (error) {
    report.add(name, [String(error), ...cluster.crashes()]);
  } finally {
    for (const stream of streams) stream.close();
    await cluster.stop();
  }
}

interface Stream {
  close(): void;
}

/** A session with its stream, whose client is through with the handshake. */
async function open(port: number): Promise<Stream> {
  const url = `http://127.0.0.1:${port}/sse`;
  const { endpoint, stream } = await new Promise<{ endpoint: string; stream: Stream }>(
    (resolve, reject) => {
      const asking = request(url, { headers: { 'Mcp-Sse-Resume': '1' }, agent: false });
      const stream = { close: () => void asking.destroy() };
      asking.on('error', reject);
      asking.on('response', (response) => {
        const parser = new EventStreamParser({
          event: ({ event, data }) => {
            if (event === 'endpoint') resolve({ endpoint: new URL(data, url).href, stream });
          },
        });
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          parser.feed(text);
        });
        response.on('error', () => undefined);
      });
      asking.end();
    },
  );
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'many', version: '1' },
  };
  await post(endpoint, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
  await post(endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' });
  return stream;
}

async function post(url: string, message: object): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
  if (answer.status !== 202) throw new Error(`POST was answered ${answer.status}`);
}
