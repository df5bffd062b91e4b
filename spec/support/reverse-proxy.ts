import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';

import { onTestFinished } from 'vitest';

import { closed, listen } from './serve.js';

export interface ProxyRules {
  /** What the server is asked for, by what the client has asked for. */
  path?: (path: string) => string;
  /** The headers that it sets; one that is undefined it takes away. */
  headers?: (req: IncomingMessage) => OutgoingHttpHeaders;
  /** Where the server listens, if not at the port. */
  socketPath?: string;
}

/** A reverse proxy on this machine, in front of the server at `port`. Resolves to its origin. */
export async function reverseProxy(
  port: number,
  { path = (same) => same, headers = () => ({}), socketPath }: ProxyRules = {},
): Promise<string> {
  const proxy = createServer((req, res) => {
    const onward = request({
      ...(socketPath === undefined ? { port, host: '127.0.0.1' } : { socketPath }),
      method: req.method,
      path: path(req.url ?? '/'),
      headers: defined({ ...req.headers, ...headers(req) }),
      agent: false,
    });
    onward.on('error', () => res.destroy());
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  const origin = `http://127.0.0.1:${String(await listen(proxy))}`;
  onTestFinished(async () => {
    proxy.closeAllConnections();
    await closed(proxy);
  });
  return origin;
}

function defined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}
