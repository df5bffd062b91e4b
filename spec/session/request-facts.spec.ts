import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import { expect, it, onTestFinished } from 'vitest';

import { factsOf, type McpSseRequest } from '../../lib/session/request-facts.js';

type Parts = Partial<Pick<McpSseRequest, 'headers' | 'url' | 'originalUrl' | 'auth'>>;

/** A request as it comes in on `socket`. */
function arriving(parts: Parts, socket = new Socket()): McpSseRequest {
  onTestFinished(() => void socket.destroy());
  return Object.assign(new IncomingMessage(socket), { url: '/message' }, parts) as McpSseRequest;
}

const HEADERS = { host: 'a.example:8080' };

it("are the headers, the URL and the application's authentication", () => {
  const auth = { clientId: 'ada' };
  expect(factsOf(arriving({ headers: HEADERS, auth }))).toEqual({
    headers: HEADERS,
    url: 'http://a.example:8080/message',
    authInfo: auth,
  });
});

it.each<[string, string, () => McpSseRequest]>([
  [
    'a connection over TLS',
    'https://a.example:8080/message',
    () => arriving({ headers: HEADERS }, new TLSSocket(new Socket())),
  ],
  ['a request that names no host', 'http://localhost/message', () => arriving({ headers: {} })],
  [
    'a router that has cut the front off',
    'http://a.example:8080/mcp/message',
    () => arriving({ headers: HEADERS, originalUrl: '/mcp/message' }),
  ],
  [
    'a request line that holds all of it',
    'http://b.example/message',
    () => arriving({ headers: HEADERS, url: 'http://b.example/message' }),
  ],
])('contain the URL of %s', (_, url, req) => {
  expect(factsOf(req()).url).toBe(url);
});
