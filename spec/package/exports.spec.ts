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

let checked: Checked | undefined;
/** The names that a file exports which exports all of the package, or of its adapters. */
function exportsOf(file: 'all.ts' | 'adapter.ts'): string[] {
  checked ??= new Checked({
    'all.ts': "export * from 'express-mcp-sse';",
    'adapter.ts': "export * from 'express-mcp-sse/adapter';",
  });
  return checked.exportsOf(file);
}

it('exports these values and no others', () => {
  expect(Object.keys(exported).sort()).toEqual(values);
});

it('exports these names, types included, and no others', { timeout: 60_000 }, () => {
  expect(exportsOf('all.ts').sort()).toEqual([...values, ...types].sort());
});

it('exports these names for authors of adapters, and no others', { timeout: 60_000 }, () => {
  expect(Object.keys(adapter).sort()).toEqual(adapterValues);
  expect(exportsOf('adapter.ts').sort()).toEqual([...adapterValues, ...adapterTypes].sort());
});
