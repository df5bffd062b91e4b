import { expect, it, onTestFinished } from 'vitest';

import { isInstalled, ProxyProcess } from '../proxies/programs.js';
import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import {
  lastId,
  numbers,
  onlySession,
  openWithIds,
  sendNumbers,
} from '../support/returning-client.js';
import { serveTwo } from '../support/serve-nodes.js';
import { nginxAround } from '../proxies/configs.js';
import { snippets } from '../support/snippets.js';
import { StreamClient } from '../support/stream-client.js';

const DOCS = 'docs/several-nodes.md';

/** The configuration that the documentation shows, with our ports for its own. */
function documented(port: number, nodes: readonly [number, number]): string {
  const shown = snippets().find(
    ({ language, place }) => language === 'nginx' && place.startsWith(DOCS),
  );
  const config = (shown?.code ?? '')
    .replace('3001', String(nodes[0]))
    .replace('3002', String(nodes[1]))
    .replace('listen 8080', `listen 127.0.0.1:${port}`);
  return nginxAround(config);
}

it.skipIf(!isInstalled('nginx'))(
  'works behind nginx with the documented configuration',
  async () => {
    // So that nothing but POSTs is counted.
    const nodes = await serveTwo({ resume: { trackCalls: false } });
    const port = await lastingPort();
    const nginx = await ProxyProcess.start(
      'nginx',
      port,
      documented(port, [nodes[0].port, nodes[1].port]),
    );
    onTestFinished(() => nginx.stop());
    const url = `http://127.0.0.1:${port}/sse`;
    const client = await openWithIds(url);
    for (let count = 0; count < 10; count += 1) await client.request('ping', {});
    const relayed = (): number[] => nodes.map(({ mcp }) => mcp.stats().cluster!.requestsSent);
    expect(Math.max(...relayed())).toBeGreaterThan(0);

    const [owner] = nodes.filter(({ mcp }) => mcp.sessions.size === 1);
    const session = onlySession(owner!.mcp);
    let stream = client;
    // nginx goes from node to node, so one of these streams goes over the other node at least.
    for (let round = 0; round < 4; round += 1) {
      await sendNumbers(session, round * 5 + 1, round * 5 + 5);
      await eventually(() => numbers(stream).at(-1) === round * 5 + 5);
      stream.drop();
      stream = await StreamClient.open(url, { 'Last-Event-ID': lastId(stream) });
    }
    const lent = owner!.mcp.stats().cluster!;
    expect(lent.requestsReceived).toBeGreaterThan(0);
    expect(numbers(client)).toEqual([1, 2, 3, 4, 5]);
  },
);
