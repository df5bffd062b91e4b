// The port between a session and its upstream, once the protocol of the upstream is known.
import type { Transport } from '@modelcontextprotocol/client';

import type { JsonRpcMessage } from '../index.js';
import type { ClientCalls } from './client-calls.js';
import type { HeaderRecord } from './forwarded-headers.js';
import type { BridgeSettings } from './options.js';
import type { Renewal } from './renewal.js';
import type { SessionReport } from './statistics.js';

/** A message, with the caller's headers to forward. */
export interface Inbound<Message extends JsonRpcMessage = JsonRpcMessage> {
  readonly message: Message;
  readonly headers: HeaderRecord;
}

export interface Upstream {
  /** Takes a message of the client; always answers a request. */
  receive(inbound: Inbound): void;
  /** Resolves when all its connections and processes have ended. */
  close(): Promise<void>;
}

/** What an upstream works with. */
export interface Surroundings {
  readonly settings: BridgeSettings;
  readonly report: SessionReport;
  readonly calls: ClientCalls;
  /** Sends a message to the client. */
  readonly send: (message: JsonRpcMessage) => void;
  /** The headers of the caller's last request. */
  readonly latest: () => HeaderRecord;
  readonly renewal: Renewal;
  /** A new transport to the upstream, which is not started. */
  readonly openTransport: () => Transport;
}
