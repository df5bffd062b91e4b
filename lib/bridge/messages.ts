// Tells JSON-RPC messages apart, and takes from `_meta` what belongs to one hop.
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
} from '@modelcontextprotocol/client';

import type {
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
  RequestId,
} from '../index.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

export const isRequest = (message: JsonRpcMessage): message is JsonRpcRequest =>
  'method' in message && 'id' in message;

export const isResponse = (message: JsonRpcMessage): message is JsonRpcResponse =>
  !('method' in message);

export const isInitialized = (message: object): boolean =>
  'method' in message && message.method === 'notifications/initialized';

const BYTE_ORDER_MARK = '\ufeff';
const BEGIN = /^\s*[[{]/;

/**
 * The messages of a line, unchanged: usually one, several in a batch ([spec] 2025-03-26), none if
 * the line is anything else. Checks only what JSON-RPC requires.
 */
export function parseMessages(line: string): JsonRpcMessage[] {
  const text = line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
  // Log lines are told apart first: to throw and catch an error for each costs far more.
  if (!BEGIN.test(text)) return [];
  const value = attempt<unknown>(() => JSON.parse(text), undefined);
  if (isMessage(value)) return [value];
  return Array.isArray(value) ? value.filter(isMessage) : [];
}

function isMessage(value: unknown): value is JsonRpcMessage {
  if (!isRecord(value) || value.jsonrpc !== '2.0') return false;
  const { id, method, params, result, error } = value;
  if (method !== undefined) {
    const isSound = typeof method === 'string' && (id === undefined || isId(id));
    return isSound && (params === undefined || isRecord(params));
  }
  if (result !== undefined) return isId(id) && error === undefined && isRecord(result);
  const isFailure = isRecord(error) && Number.isInteger(error.code);
  // [spec] The error for an unreadable request has no id, or null.
  return isFailure && typeof error.message === 'string' && (id == null || isId(id));
}

const isId = (id: unknown): id is RequestId => typeof id === 'string' || Number.isInteger(id);

/** The id that a `notifications/cancelled` names. */
export function cancelledId({ method, params }: JsonRpcNotification): RequestId | undefined {
  const id = method === 'notifications/cancelled' ? params?.requestId : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/**
 * [spec] 2026-07-28: members of `_meta` about the connection that carries a request. The bridge and
 * the upstream agree on these; those of a client would choose the protocol of the upstream.
 */
const OF_THE_CONNECTION = [
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- clients of the bridge are older
  LOG_LEVEL_META_KEY,
];
const OF_THE_ANSWER = [SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY];

type Params = Record<string, unknown>;

/** `params`, or a copy without the members of `_meta` about the client's connection. */
export const withoutRequestMeta = (params: Params | undefined): Params | undefined =>
  params && without(params, OF_THE_CONNECTION);

/** A result or params, or a copy without the members of `_meta` about the upstream's hop. */
export const withoutAnswerMeta = (params: Params): Params => without(params, OF_THE_ANSWER);

/** Returns `params` itself if there is nothing to remove. */
function without(params: Params, keys: readonly string[]): Params {
  const meta = params._meta;
  if (!isRecord(meta) || !keys.some((key) => Object.hasOwn(meta, key))) return params;
  const { _meta: _, ...rest } = params;
  const kept = Object.entries(meta).filter(([key]) => !keys.includes(key));
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}
