import type { JsonRpcNotification, JsonRpcRequest, JsonRpcResult } from '../../lib/index.js';

export const request = (
  id: number | string,
  method = 'work',
  params?: Record<string, unknown>,
): JsonRpcRequest => ({ jsonrpc: '2.0', id, method, ...(params && { params }) });

export const notification = (
  method = 'note',
  params?: Record<string, unknown>,
): JsonRpcNotification => ({ jsonrpc: '2.0', method, ...(params && { params }) });

export const result = (
  id: number | string,
  value: Record<string, unknown> = {},
): JsonRpcResult => ({ jsonrpc: '2.0', id, result: value });

/** What `JSON.stringify` throws at. */
export function cyclic(): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  value.itself = value;
  return value;
}
