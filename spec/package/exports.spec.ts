import { expect, it } from 'vitest';

import * as adapter from '../../lib/adapter/index.js';
import * as exported from '../../lib/index.js';
import { Checked } from '../support/type-check.js';

const values = ['ConnectionWriter', 'JsonRpcError', 'McpSseError', 'mcpSse'];

const types = [
  'Adapter',
  'AuthInfo',
  'BroadcastAudience',
  'CallOptions',
  'ClientInfo',
  'CloseOptions',
  'CloseReason',
  'ClusterStats',
  'EventsOptions',
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
  'McpSseRouter',
  'McpSseStats',
  'McpSseUsage',
  'MessageExtra',
  'MessageHandler',
  'MessageWatcher',
  'PublishedMessage',
  'PublishedUse',
  'RequestFacts',
  'RequestId',
  'ResumeOptions',
  'ScopeChallenge',
  'ScopeChallengeResolver',
  'SecurityOptions',
  'ServerEventBusLike',
  'ServerEventLike',
  'ServerFactory',
  'Session',
  'SessionContext',
  'SessionStats',
  'SessionTotals',
  'SessionTransport',
  'Sessions',
  'SunsetCaller',
  'SunsetOptions',
  'UsageCaller',
  'UsageOptions',
  'UsageRow',
  'WritableResponse',
  'WriterObserver',
  'WriterOptions',
];

/** What authors of adapters need. */
const adapterValues = ['EVERYONE', 'localAdapter', 'signedAdapter'];
const adapterTypes = ['Adapter', 'AdapterListener', 'AdapterMember', 'AdapterSecret', 'NodeNames'];

it('exports these values and no others', () => {
  expect(Object.keys(exported).sort()).toEqual(values);
});

it('exports these names, types included, and no others', { timeout: 60_000 }, () => {
  const checked = new Checked({ 'all.ts': "export * from 'express-mcp-sse';" });
  expect(checked.exportsOf('all.ts').sort()).toEqual([...values, ...types].sort());
});

it('exports these names for authors of adapters, and no others', { timeout: 60_000 }, () => {
  expect(Object.keys(adapter).sort()).toEqual(adapterValues);
  const checked = new Checked({ 'all.ts': "export * from 'express-mcp-sse/adapter';" });
  expect(checked.exportsOf('all.ts').sort()).toEqual([...adapterValues, ...adapterTypes].sort());
});
