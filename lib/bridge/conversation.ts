// One connection to an upstream of 2026-07-28: the SDK's client with its subscriptions.
import {
  Client,
  type ClientOptions,
  type Implementation,
  type Transport,
} from '@modelcontextprotocol/client';

import { isRecord } from '../util/guards.js';
import { HopError } from './hop-error.js';
import { HttpTransport } from './http-transport.js';
import { withoutAnswerMeta } from './messages.js';
import { Subscriptions } from './subscriptions.js';
import type { Surroundings } from './upstream.js';

const MODERN = '2026-07-28';

type Params = Record<string, unknown>;

export class Conversation {
  readonly client: Client;
  readonly subscriptions: Subscriptions;
  readonly #transport: Transport;
  readonly #timeout: number;
  /** The first failure of the transport: if a process has ended, the SDK's error does not say how. */
  #failure: HopError | undefined;

  /**
   * `initialize` has the params of the client's own `initialize`. `lost` is called when the
   * connection ends, with the reason if it is known.
   */
  constructor(
    surroundings: Surroundings,
    initialize: Params,
    resources: Set<string>,
    lost: (why: HopError | undefined) => void,
  ) {
    const { openTransport, send, settings } = surroundings;
    this.client = new Client(...identity(initialize));
    this.subscriptions = new Subscriptions(surroundings, this.client, resources);
    this.client.fallbackNotificationHandler = async ({ method, params }) =>
      send({ jsonrpc: '2.0', method, ...(params && { params: withoutAnswerMeta(params) }) });
    this.client.onclose = () => {
      this.subscriptions.close();
      lost(this.#failure);
    };
    this.#timeout = settings.connectTimeoutMs;
    const transport = openTransport();
    if (transport instanceof HttpTransport) transport.onmessage = transport.noteAnswer;
    transport.onerror = (error) => {
      if (error instanceof HopError) this.#failure ??= error;
    };
    this.#transport = transport;
  }

  /** Undefined for an upstream with a URL. */
  get pid(): number | undefined {
    const transport = this.#transport;
    return 'pid' in transport ? (transport.pid as number) : undefined;
  }

  /** @throws HopError (as a rejection), or as the SDK's `connect` */
  async connect(): Promise<void> {
    try {
      await this.client.connect(this.#transport, { timeout: this.#timeout });
    } catch (error) {
      throw this.#failure ?? error;
    }
    this.#failure = undefined;
  }

  async close(): Promise<void> {
    this.subscriptions.close();
    await this.client.close();
    // While the client connects, closing it changes nothing.
    await this.#transport.close();
  }
}

/** Introduces the session's own client to the upstream. */
function identity({ clientInfo, capabilities }: Params): [Implementation, ClientOptions] {
  return [
    (isRecord(clientInfo) ? clientInfo : { name: 'unknown', version: '0' }) as Implementation,
    {
      capabilities: isRecord(capabilities) ? capabilities : {},
      versionNegotiation: { mode: { pin: MODERN } },
    },
  ];
}
