// The notes of one node on its calls, for another one, and their checks.
import type { TrailHead, TrailUpdate } from '../../session/inbound/trail-update.js';
import { isNodeName } from '../node-name.js';
import { isRecord } from '../../util/guards.js';
import type { JsonRpcRequest, RequestId } from '../../wire/json-rpc.js';

/** Grows with each change of the format. Nodes with another number keep nothing. */
export const NOTES_VERSION = 1;

/** News of the calls of a node. */
export interface CallNotes {
  /** Grows each time the node starts again from nothing. */
  readonly generation: number;
  readonly updates: readonly TrailUpdate[];
}

/** The notes that one node keeps for another one, copied to a third. */
export interface CopiedNotes extends CallNotes {
  readonly node: string;
}

/** A call that will not be answered: its id, or the whole request if it may run again. */
export type LostCall = RequestId | JsonRpcRequest;

// Checked by hand, because notes come with every call.

export function isCallNotes(value: unknown): value is CallNotes {
  if (!isRecord(value) || !isCount(value.generation)) return false;
  return isListOf(value.updates, isUpdate);
}

export function isCopiedNotes(value: unknown): value is CopiedNotes {
  return (
    isCallNotes(value) &&
    'node' in value &&
    typeof value.node === 'string' &&
    isNodeName(value.node)
  );
}

export function isLostCalls(value: unknown): value is readonly LostCall[] {
  return isListOf(value, isCall);
}

export const idOf = (call: LostCall): RequestId => (typeof call === 'object' ? call.id : call);

function isUpdate(value: unknown): value is TrailUpdate {
  if (!isRecord(value) || !isCount(value.n)) return false;
  const { head, begun, answered, over, read } = value;
  return (
    (head === undefined || isHead(head)) &&
    (begun === undefined || isListOf(begun, isCall)) &&
    (answered === undefined || isListOf(answered, isAnswered)) &&
    (over === undefined || isListOf(over, isId)) &&
    (read === undefined || isCount(read))
  );
}

function isHead(value: unknown): value is TrailHead {
  if (!isRecord(value) || typeof value.id !== 'string') return false;
  return [value.token, value.key, value.principal, value.address].every(isTextOrNone);
}

function isCall(value: unknown): value is LostCall {
  if (!isRecord(value)) return isId(value);
  return isId(value.id) && typeof value.method === 'string' && isRecord(value.params ?? {});
}

function isAnswered(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isId(value[0]) && isCount(value[1]);
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[];
function isListOf(value: unknown, is: (item: unknown) => boolean): boolean;
function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || typeof value === 'number';

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';
