import { describe, expect, it, onTestFinished } from 'vitest';

import { nginxAround } from '../proxies/configs.js';
import { isInstalled, ProxyProcess, type ProxyName } from '../proxies/programs.js';
import { lastingPort } from '../support/lasting-port.js';
import type { Served } from '../support/serve.js';
import { serveTwo } from '../support/serve-nodes.js';
import { snippets } from '../support/snippets.js';
import { StreamClient } from '../support/stream-client.js';

const CLIENTS = 12;

/** The block of the documentation that hashes, with our ports for its own. */
function documented(language: ProxyName, ports: readonly [number, number]): string {
  const shown = snippets().find(
    ({ language: of, place, code }) =>
      of === language && place.startsWith('docs/several-nodes.md') && code.includes('user'),
  );
  if (!shown) throw new Error(`the documentation shows no ${language} that hashes`);
  return shown.code.replace('3001', String(ports[0])).replace('3002', String(ports[1]));
}

const around: Readonly<Record<ProxyName, (block: string, port: number) => string>> = {
  nginx: (block, port) =>
    nginxAround(`${block}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://mcp;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }`),
  haproxy: (block, port) => `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s

frontend mcp
  bind 127.0.0.1:${port}
  default_backend mcp

${block}
`,
};

describe.each<ProxyName>(['nginx', 'haproxy'])('behind %s, which hashes', (name) => {
  /** How many requests the nodes pass on for twelve clients with a request each. */
  async function passedOn(change: (block: string) => string): Promise<[number, number[]]> {
    // So that nothing but POSTs is counted.
    const resume = { trackCalls: false };
    const nodes = await serveTwo({ endpointQuery: ['user'], resume });
    const port = await lastingPort();
    const block = change(documented(name, [nodes[0].port, nodes[1].port]));
    const proxy = await ProxyProcess.start(name, port, around[name](block, port));
    onTestFinished(() => proxy.stop());
    for (let n = 0; n < CLIENTS; n += 1) {
      const client = await StreamClient.open(`http://127.0.0.1:${port}/sse?user=user-${n * 7919}`);
      await client.request('ping', {});
    }
    const sent = nodes.map(({ mcp }: Served<unknown>) => mcp.stats().cluster!.requestsSent);
    return [Math.max(...sent), nodes.map(({ mcp }) => mcp.sessions.size)];
  }

  it.skipIf(!isInstalled(name))(
    'a value that streams and POSTs both carry: no POST is passed on, and each node has sessions',
    async () => {
      const [most, sessions] = await passedOn((block) => block);
      expect(most).toBe(0);
      expect(Math.min(...sessions)).toBeGreaterThan(0);
    },
  );

  it.skipIf(!isInstalled(name))('the session id: some POSTs are passed on', async () => {
    const [most] = await passedOn((block) => block.replace('user', 'sessionId'));
    expect(most).toBeGreaterThan(0);
  });
});
