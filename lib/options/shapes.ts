// Recognizes a bus and an adapter by their methods.
import type { Adapter } from '../cluster/adapter/adapter.js';
import type { ServerEventBusLike } from '../session/changes.js';
import { isRecord } from '../util/guards.js';

export function isBus(value: unknown): value is ServerEventBusLike {
  return isRecord(value) && typeof value.subscribe === 'function';
}

export function isAdapter(value: unknown): value is Adapter {
  return isRecord(value) && typeof value.join === 'function';
}
