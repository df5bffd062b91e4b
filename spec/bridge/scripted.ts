import type { IncomingMessage, ServerResponse } from 'node:http';

import { serveHttp, type Served } from './upstreams.js';

export interface Body {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
}

export type Answer = (req: IncomingMessage, res: ServerResponse, body: Body) => unknown;

/**
 * An upstream of 2025 with sessions, which answers the requests after the handshake by `answer`, and
 * the GET of a stream by `stream`.
 */
export async function scripted(
  answer: Answer,
  { stream, port }: { readonly stream?: Answer; readonly port?: number } = {},
): Promise<Served> {
  return serveHttp((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const body = (text === '' ? {} : JSON.parse(text)) as Body;
      if (req.method === 'DELETE') res.writeHead(200).end();
      else if (req.method === 'GET') {
        if (stream) void stream(req, res, body);
        else res.writeHead(405).end();
      } else if (body.method === 'initialize') {
        res.setHeader('mcp-session-id', 'one');
        json(res, body.id, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'scripted', version: '1' },
        });
      } else if (body.id === undefined) res.writeHead(202).end();
      else void answer(req, res, body);
    });
  }, port);
}

export function json(res: ServerResponse, id: unknown, result: unknown): void {
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

export const noTools: Answer = (_req, res, { id }) => json(res, id, { tools: [] });

/** Begins an event stream. */
export function events(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
}
