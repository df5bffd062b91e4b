// One client says a secret to a server whose handler fails and quotes it, and one subscriber of a
// channel throws. Prints what the client got, and what became of the subscriber's error.
import { subscribe } from 'node:diagnostics_channel';

import express from 'express';

import { mcpSse } from '../../../lib/index.js';
import { openSession } from '../../../lib/testing/index.js';

const mcp = mcpSse({
  handler: (message) => {
    if (!('method' in message) || message.method !== 'work') {
      return { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: {} };
    }
    throw new TypeError(`I cannot take ${JSON.stringify(message)}`);
  },
  hooks: {
    onError: (error) => {
      throw error;
    },
  },
});
subscribe('mcp-sse:session.open', () => {
  throw new Error('of the subscriber');
});
const uncaught: string[] = [];
process.on('uncaughtException', ({ message }) => uncaught.push(message));

const session = await openSession(express().use(mcp));
const answer = await session
  .request('work', { text: 'what-the-message-says' })
  .catch((error: unknown) => String(error));
await session.post('{"what-the-message-says').catch(() => undefined);
await session.close();
await mcp.close();
console.log(JSON.stringify({ sessionId: session.sessionId, answer, uncaught }));
