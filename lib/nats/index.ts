/**
 * `express-mcp-sse/nats`: joins processes by NATS.
 *
 * @module
 */
import { checkOptionNames } from '../cluster/adapter/adapter-options.js';
import type { Adapter } from '../cluster/adapter/adapter.js';
import { signedAdapter, type AdapterSecret } from '../cluster/adapter/signed-adapter.js';
import { McpSseError } from '../errors.js';
import { describeValue } from '../util/describe-value.js';
import { ConnectionMonitor, type NatsConnection } from './connection-monitor.js';
import { NatsMember } from './nats-member.js';

export type { AdapterSecret, NatsConnection };

export interface NatsAdapterOptions {
  /**
   * The prefix of all subjects. Routers that share sessions use the same one; applications that share a
   * server but no sessions use different ones. Letters, digits, `_` and `-`, in one or more parts with
   * dots between them.
   *
   * @defaultValue `'mcp-sse'`
   */
  prefix?: string;
  /**
   * Signs the frames between nodes with HMAC-SHA-256, so that publishing on the subjects is useless
   * without the secret. All nodes need the same secret. To rotate it without a gap, set `[old, new]` on
   * all nodes, then `[new, old]`, then `new`: frames are signed with the first and accepted with
   * either. A frame whose signature is missing, wrong, or more than a minute old is dropped and counted
   * in `stats().cluster.rejectedFrames`, so the clocks of the nodes must agree within a minute.
   *
   * @defaultValue none: frames are not signed
   */
  secret?: AdapterSecret;
}

/**
 * Connects nodes by NATS. Each node listens at a subject of its own and acknowledges what arrives
 * there. Every node needs its own connection, by `@nats-io/transport-node` or `nats`.
 *
 * The application owns `connection`: this does not close it. Let it reconnect for ever
 * (`maxReconnectAttempts: -1`), because a connection that has given up cannot be revived. No frame
 * is larger than the server's `max_payload`; longer messages go in pieces.
 *
 * @throws {McpSseError} `invalid-option` for anything but a connection, a bad prefix, or an unknown
 * option.
 */
export function natsAdapter(connection: NatsConnection, options: NatsAdapterOptions = {}): Adapter {
  checkOptionNames('natsAdapter', options, ['prefix', 'secret']);
  const { prefix = 'mcp-sse', secret } = options;
  if (typeof (prefix as unknown) !== 'string' || !/^(?=.{1,128}$)[\w-]+(\.[\w-]+)*$/.test(prefix)) {
    throw new McpSseError(
      'invalid-option',
      'natsAdapter: `prefix` must be 1 to 128 letters, digits, "_" or "-", in parts with dots between.',
    );
  }
  // Users of plain JavaScript may pass anything.
  const { request, status } = (connection as Partial<NatsConnection> | undefined) ?? {};
  if (typeof request !== 'function' || typeof status !== 'function') {
    throw new McpSseError(
      'invalid-option',
      `natsAdapter: pass the connection that \`await connect()\` returns; this is ${describeValue(connection)}.`,
    );
  }
  const monitor = new ConnectionMonitor(connection);
  const adapter: Adapter = {
    join: (self, listener) => NatsMember.join(monitor, prefix, self, listener),
  };
  return secret === undefined ? adapter : signedAdapter(adapter, secret);
}
