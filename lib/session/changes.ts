// Turns the changes that an application publishes on a bus of SDK v2 into notifications.
import { McpSseError } from '../errors.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';
import type { JsonRpcNotification } from '../wire/json-rpc.js';

/** SDK v2's `ServerEvent`, by shape. */
export interface ServerEventLike {
  readonly kind: string;
  /** The URI of the resource; set for `resource_updated`. */
  readonly uri?: string | undefined;
  readonly params?: Record<string, unknown> | undefined;
}

/** SDK v2's `ServerEventBus`, by shape: `createMcpHandler(factory).bus`, or one of your own. */
export interface ServerEventBusLike {
  /** Calls `listener` with each event. Returns a function that stops it. */
  subscribe(listener: (event: ServerEventLike) => void): () => void;
}

/** The bus of the application's changes. */
export interface EventsOptions {
  readonly bus: ServerEventBusLike;
  /**
   * Whether the bus itself delivers each event to all nodes. Then no node passes it on.
   * @defaultValue false
   */
  readonly shared?: boolean;
}

/** The notification to clients, and the resource that they must have subscribed to. */
export interface Change {
  readonly message: JsonRpcNotification;
  readonly uri?: string | undefined;
}

const LISTS: ReadonlyMap<unknown, string> = new Map([
  ['tools_list_changed', 'notifications/tools/list_changed'],
  ['prompts_list_changed', 'notifications/prompts/list_changed'],
  ['resources_list_changed', 'notifications/resources/list_changed'],
]);

/**
 * Returns the notification for an event.
 *
 * @throws McpSseError `invalid-event` for anything but an event of SDK v2
 */
export function changeOf(event: unknown): Change {
  const change = attempt(() => read(event), undefined);
  if (change) return change;
  throw new McpSseError(
    'invalid-event',
    'events: the bus has published an unknown event; its kind must be tools_list_changed, ' +
      'prompts_list_changed, resources_list_changed, or resource_updated with a uri',
  );
}

function read(event: unknown): Change | undefined {
  if (!isRecord(event)) return undefined;
  const { kind, uri, params } = event;
  if (params !== undefined && !isRecord(params)) return undefined;
  const method = LISTS.get(kind);
  if (method !== undefined) {
    return { message: { jsonrpc: '2.0', method, ...(params && { params }) } };
  }
  if (kind !== 'resource_updated' || typeof uri !== 'string') return undefined;
  const message = { jsonrpc: '2.0', method: 'notifications/resources/updated' } as const;
  return { message: { ...message, params: { ...params, uri } }, uri };
}

/**
 * Passes the changes of a bus to `announce`. Returns a function that stops it. Failures go to
 * `failed`, never to the publisher.
 *
 * @throws McpSseError `invalid-option` if `subscribe` throws or returns no function
 */
export function followChanges(
  bus: ServerEventBusLike,
  announce: (change: Change) => void,
  failed: (error: McpSseError) => void,
): () => void {
  let following = true;
  const listener = (event: unknown): void => {
    if (!following) return;
    try {
      announce(changeOf(event));
    } catch (error) {
      failed(McpSseError.from(error));
    }
  };
  const unsubscribe = subscribe(bus, listener);
  return () => {
    following = false;
    try {
      unsubscribe();
    } catch (error) {
      failed(McpSseError.from(error));
    }
  };
}

function subscribe(bus: ServerEventBusLike, listener: (event: unknown) => void): () => void {
  let unsubscribe: unknown;
  try {
    unsubscribe = bus.subscribe(listener);
  } catch (cause) {
    throw new McpSseError('invalid-option', 'events: subscribe() threw', { cause });
  }
  if (typeof unsubscribe === 'function') return unsubscribe as () => void;
  throw new McpSseError(
    'invalid-option',
    'events: subscribe() must return a function that ends the subscription',
  );
}
