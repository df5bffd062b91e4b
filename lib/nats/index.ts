/**
 * `express-mcp-sse/nats`: joins processes by NATS.
 *
 * @module
 */
import { checkOptionNames } from '../cluster/adapter/adapter-options.js';
import type { Adapter } from '../cluster/adapter/adapter.js';
import { McpSseError } from '../errors.js';
import { ConnectionMonitor, type NatsConnection } from './connection-monitor.js';
import { NatsMember } from './nats-member.js';

export type { NatsConnection };

export interface NatsAdapterOptions {
  /**
   * What all subjects begin with. Routers that are to share sessions have the same; applications
   * that share a server but no sessions have different ones. Letters, digits, `_` and `-`, in one
   * or more parts with dots between them.
   *
   * @defaultValue `'mcp-sse'`
   */
  prefix?: string;
}

/**
 * Joins nodes by NATS: one subject for each, and requests that are answered on arrival. Every node
 * needs its own connection, by `@nats-io/transport-node` or `nats`.
 *
 * `connection` stays the application's: it is not closed. It must reconnect for ever
 * (`maxReconnectAttempts: -1`), because one that has given up cannot be revived. Frames can be as
 * large as the server's `max_payload`, which is 1 MiB by default.
 *
 * @throws {McpSseError} `invalid-option` for something that is no connection, a bad prefix, or an unknown option.
 */
export function natsAdapter(connection: NatsConnection, options: NatsAdapterOptions = {}): Adapter {
  checkOptionNames('natsAdapter', options, ['prefix']);
  const { prefix = 'mcp-sse' } = options;
  if (typeof (prefix as unknown) !== 'string' || !/^(?=.{1,128}$)[\w-]+(\.[\w-]+)*$/.test(prefix)) {
    throw new McpSseError(
      'invalid-option',
      'natsAdapter: `prefix` must be 1 to 128 letters, digits, "_" or "-", in parts with dots between.',
    );
  }
  // Users of plain JavaScript may pass anything.
  const { request, status } = (connection as Partial<NatsConnection> | undefined) ?? {};
  if (typeof request !== 'function' || typeof status !== 'function') {
    throw new McpSseError('invalid-option', 'natsAdapter: pass what `connect()` has resolved to.');
  }
  const monitor = new ConnectionMonitor(connection);
  return { join: (self, listener) => NatsMember.join(monitor, prefix, self, listener) };
}
