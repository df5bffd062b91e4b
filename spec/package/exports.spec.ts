import { expect, it } from 'vitest';

import * as exported from '../../lib/index.js';
import { Checked } from '../support/type-check.js';

const values = [
  'ConnectionWriter',
  'EVERYONE',
  'JsonRpcError',
  'McpSseError',
  'localAdapter',
  'mcpSse',
  'watchMessages',
];

const types = [
  'BroadcastOptions',
  'CallOptions',
  'ClientInfo',
  'CloseReason',
  'ClusterStats',
  'Adapter',
  'AdapterListener',
  'AdapterMember',
  'Frame',
  'HandlerContext',
  'JsonRpcFailure',
  'JsonRpcMessage',
  'JsonRpcNotification',
  'JsonRpcRequest',
  'JsonRpcResponse',
  'JsonRpcResult',
  'KeepAliveOptions',
  'LimitOptions',
  'McpServerLike',
  'McpSseChannels',
  'McpSseErrorCode',
  'McpSseHooks',
  'McpSseOptions',
  'McpSseRequest',
  'McpSseRouter',
  'McpSseStats',
  'MessageExtra',
  'MessageHandler',
  'MessageWatcher',
  'PublishedMessage',
  'RequestFacts',
  'RequestId',
  'ResumeOptions',
  'SecurityOptions',
  'ServerFactory',
  'Session',
  'SessionContext',
  'SessionStats',
  'SessionTransport',
  'Sessions',
  'WritableResponse',
  'WriterObserver',
  'WriterOptions',
];

it('exports these values and no others', () => {
  expect(Object.keys(exported).sort()).toEqual(values);
});

it('exports these names, types included, and no others', { timeout: 60_000 }, () => {
  const checked = new Checked({ 'all.ts': "export * from 'express-mcp-sse';" });
  expect(checked.exportsOf('all.ts').sort()).toEqual([...values, ...types].sort());
});
