// JSON-RPC messages: types, schemas, parsing.
import { z } from 'zod';

import { McpSseError } from '../errors.js';
import { attempt, isInstance } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

/** [spec] Request ids are strings or integers, never null. */
const requestId = z.union([z.string(), z.int()]);

const request = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: requestId,
  method: z.string(),
  params: z.looseObject({}).optional(),
});

/** A notification, as the application may broadcast one. */
export const notificationSchema: z.ZodType = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.undefined().optional(),
  method: z.string(),
  params: z.looseObject({}).optional(),
});

const resultResponse = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: requestId,
  result: z.looseObject({}),
  error: z.undefined().optional(),
});

const errorResponse = z.looseObject({
  jsonrpc: z.literal('2.0'),
  // A peer that could not read a request answers without an id.
  id: requestId.nullish(),
  error: z.looseObject({ code: z.int(), message: z.string() }),
  result: z.undefined().optional(),
});

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

function isMessage(value: unknown): value is JsonRpcMessage {
  return isRecord(value) && schemaFor(value).safeParse(value).success;
}

/** Picks the schema by the keys of the message, instead of trying all four. */
function schemaFor(value: object): z.ZodType {
  if ('method' in value) return 'id' in value ? request : notificationSchema;
  return 'error' in value ? errorResponse : resultResponse;
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
