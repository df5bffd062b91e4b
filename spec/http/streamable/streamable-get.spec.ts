import { expect, it } from 'vitest';

import { isStreamableGet } from '../../../lib/http/streamable/streamable-get.js';
import type { McpSseRequest } from '../../../lib/session/request-facts.js';

const uncached = { pragma: 'no-cache', 'cache-control': 'no-cache' };
const node = { accept: 'text/event-stream', 'sec-fetch-mode': 'cors', 'user-agent': 'node' };
const ai = { accept: 'text/event-stream', 'sec-fetch-mode': 'cors' };
const BOTH = 'application/json, text/event-stream';
const version = { 'mcp-protocol-version': '2025-11-25' };

/** GETs as the clients of these names were seen to send them. */
it.each<[client: string, headers: Record<string, string>, streamable: boolean]>([
  ['the SSE transport of the TypeScript SDKs', { ...node, ...uncached }, false],
  ['the same, coming back from 1.13 on', { ...node, ...uncached, ...version }, false],
  ['a browser page with EventSource', { accept: 'text/event-stream', ...uncached }, false],
  [
    'the SSE transport of Java',
    { accept: 'text/event-stream', 'mcp-protocol-version': '2024-11-05' },
    false,
  ],
  [
    'the SSE transport of the AI SDK',
    { ...ai, ...version, 'user-agent': 'ai-sdk/2.0.99 node.js/v20.20.2' },
    false,
  ],
  [
    'the same with a name of the application in front',
    { ...ai, ...version, 'user-agent': 'my-app/1 ai-sdk/2.0.99 node.js/v20.20.2' },
    false,
  ],
  ['the SSE transport of Python and Go', { accept: 'text/event-stream' }, false],
  ['Streamable HTTP without sessions', { ...node, ...version }, true],
  ['Streamable HTTP with one', { ...node, ...version, 'mcp-session-id': '1' }, true],
  ['the same before 2025-06-18', { ...node, 'mcp-session-id': '1' }, true],
  [
    'Streamable HTTP of the AI SDK with a session',
    { ...ai, ...version, 'user-agent': 'ai-sdk/2.0.99', 'mcp-session-id': '1' },
    true,
  ],
  [
    'Streamable HTTP of Java',
    { accept: 'text/event-stream', 'cache-control': 'no-cache', ...version },
    true,
  ],
  [
    'another client whose name ends in the same way',
    { ...ai, ...version, 'user-agent': 'not-ai-sdk/1' },
    true,
  ],
  ['mcp-remote, looking for authentication', { ...node, accept: BOTH }, true],
  ['the same in another spelling', { accept: 'Text/Event-Stream;q=0.5 , application/JSON' }, true],
  ['an EventSource that accepts JSON', { ...node, ...uncached, accept: BOTH }, false],
  ['a client that takes anything', { accept: '*/*' }, false],
  ['a client that takes JSON and anything', { accept: 'application/json, text/plain, */*' }, false],
  ['a client of other types', { accept: 'application/json-seq, x/text/event-stream' }, false],
  ['Streamable HTTP of a client without a name', { accept: 'text/event-stream', ...version }, true],
])('recognizes %s', (_, headers, streamable) => {
  expect(isStreamableGet({ headers } as unknown as McpSseRequest)).toBe(streamable);
});
