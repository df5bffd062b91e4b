// JSON-RPC messages: types, schemas, parsing.
import { McpSseError } from '../errors.js';
import { attempt, isInstance } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

export type RequestId = string | number;
export interface JsonRpcRequest {
  jsonrpc: '2.0';
  id: RequestId;
  method: string;
  params?: Record<string, unknown> | undefined;
}
export interface JsonRpcNotification {
  jsonrpc: '2.0';
  method: string;
  params?: Record<string, unknown> | undefined;
}
export interface JsonRpcResult {
  jsonrpc: '2.0';
  id: RequestId;
  result: Record<string, unknown>;
}
export interface JsonRpcFailure {
  jsonrpc: '2.0';
  id?: RequestId | null | undefined;
  error: { code: number; message: string; data?: unknown };
}
export type JsonRpcResponse = JsonRpcResult | JsonRpcFailure;
export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;

/** The JSON-RPC error codes that this package itself answers with. */
export const RpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
  sessionNotFound: -32001,
  interrupted: -32010,
} as const;

/**
 * Thrown by a `handler` to answer a request with a JSON-RPC error of its choice. Anything else
 * that a handler throws becomes `-32603 Internal error`, and its text stays on the server.
 */
export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError';

  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

/** The error that a thrown `JsonRpcError` sends to the client; undefined for any other throw. */
export function rpcErrorOf(thrown: unknown): JsonRpcFailure['error'] | undefined {
  if (!isInstance(thrown, JsonRpcError)) return undefined;
  return attempt(() => {
    const { code, message, data } = thrown;
    return { code, message, data };
  }, undefined);
}

export const isRequest = (message: JsonRpcMessage): message is JsonRpcRequest =>
  'method' in message && 'id' in message;

export const isResponse = (message: JsonRpcMessage): message is JsonRpcResponse =>
  !('method' in message);

/** Like `isResponse`, for an unchecked value from the application. Never throws. */
export function isAnswer(message: unknown): message is JsonRpcResponse {
  return isRecord(message) && attempt(() => !('method' in message) && 'id' in message, false);
}

/** Whether it is a notification, as the application may broadcast one. Never throws. */
export function isNotification(value: unknown): value is JsonRpcNotification {
  return attempt(() => {
    const isOne = isRecord(value) && value.jsonrpc === '2.0' && value.id === undefined;
    return isOne && isCall(value);
  }, false);
}

/** The id of an answer; undefined for anything else. Never throws. */
export function answeredId(message: unknown): RequestId | undefined {
  const id = attempt<unknown>(() => (isAnswer(message) ? message.id : undefined), undefined);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** The id that a `notifications/cancelled` names; undefined for any other message. */
export function cancelledRequest(message: JsonRpcMessage): RequestId | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.requestId;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/**
 * Checks parsed JSON and returns its messages in order: one, or the members of a batch
 * ([spec] only protocol 2025-03-26 has batches; this accepts them from all clients).
 * Returns the parsed objects themselves, not copies.
 *
 * @throws McpSseError `invalid-message` if any member is not a JSON-RPC message, or a batch is
 *   empty or too large.
 */
export function toMessages(parsed: unknown, maxBatch?: number): JsonRpcMessage[] {
  if (!Array.isArray(parsed)) return [toMessage(parsed)];
  if (parsed.length === 0) throw new McpSseError('invalid-message', 'the batch is empty');
  if (maxBatch !== undefined && parsed.length > maxBatch) {
    throw new McpSseError('invalid-message', 'the batch is larger than limits.maxBatch');
  }
  return parsed.map(toMessage);
}

function toMessage(value: unknown): JsonRpcMessage {
  if (isMessage(value)) return value;
  throw new McpSseError('invalid-message', 'the body is not a JSON-RPC 2.0 message');
}

// By hand: with zod these checks are 3 % of a call.

function isMessage(value: unknown): value is JsonRpcMessage {
  if (!isRecord(value) || value.jsonrpc !== '2.0') return false;
  if ('method' in value) return 'id' in value ? isId(value.id) && isCall(value) : isCall(value);
  return 'error' in value ? isFailure(value) : isId(value.id) && isRecord(value.result);
}

/** [spec] Ids of requests are strings or integers, never null. */
function isId(id: unknown): id is RequestId {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

function isCall({ method, params }: Record<string, unknown>): boolean {
  return typeof method === 'string' && (params === undefined || isRecord(params));
}

/** A peer that could not read a request answers without an id. */
function isFailure({ id, error, result }: Record<string, unknown>): boolean {
  if (!isRecord(error) || result !== undefined || !(id == null || isId(id))) return false;
  return Number.isSafeInteger(error.code) && typeof error.message === 'string';
}

/** An error response; `id` is null if the request's id could not be read. */
export function errorResponseFor(
  id: RequestId | null,
  code: number,
  message: string,
  data?: unknown,
): { jsonrpc: '2.0'; id: RequestId | null; error: JsonRpcFailure['error'] } {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { jsonrpc: '2.0', id, error };
}
