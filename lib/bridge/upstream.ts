// The port between a session and its upstream, once the protocol of the upstream is known.
import type { Transport } from '@modelcontextprotocol/client';

import type { JsonRpcMessage } from '../index.js';
import type { ClientCalls } from './client-calls.js';
import type { HeaderRecord } from './forwarded-headers.js';
import type { BridgeSettings } from './options.js';
import type { SessionReport } from './statistics.js';

/** A request with the caller's headers that go on with it. */
export interface Inbound<Message extends JsonRpcMessage = JsonRpcMessage> {
  readonly message: Message;
  readonly headers: HeaderRecord;
}

export interface Upstream {
  /** Takes a message of the client; answers it in any case, if it is a request. */
  receive(inbound: Inbound): void;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** What an upstream works with. */
export interface Surroundings {
  readonly settings: BridgeSettings;
  readonly report: SessionReport;
  readonly calls: ClientCalls;
  /** Sends a message to the client. */
  readonly send: (message: JsonRpcMessage) => void;
  /** The caller's headers of its last request. */
  readonly latest: () => HeaderRecord;
  /** A new transport to the upstream, which is not started. */
  readonly openTransport: () => Transport;
}
