// Remembers what a session has told its upstream, to tell it again after a reconnect.
import type { JsonRpcNotification, JsonRpcRequest } from '../index.js';
import { isRecord } from '../util/guards.js';

/** The most subscriptions to repeat; the bridge forgets further ones. */
const MAX_SUBSCRIPTIONS = 1_000;

type Params = Record<string, unknown>;

/** What a reconnect repeats: the client's `initialize`, its log level, its subscriptions. */
export class Memory {
  initialize: Params = {};
  #level: Params | undefined;
  readonly #subscriptions = new Map<unknown, Params>();

  initialized({ params }: JsonRpcRequest): void {
    this.initialize = params ?? {};
  }

  requested({ method, params }: JsonRpcRequest): void {
    if (!params) return;
    if (method === 'logging/setLevel') this.#level = params;
    else if (method === 'resources/unsubscribe') this.#subscriptions.delete(params.uri);
    else if (method === 'resources/subscribe' && this.#subscriptions.size < MAX_SUBSCRIPTIONS) {
      this.#subscriptions.set(params.uri, params);
    }
  }

  get requests(): { method: string; params: Params }[] {
    const subscriptions = [...this.#subscriptions.values()].map((params) => ({
      method: 'resources/subscribe',
      params,
    }));
    return this.#level
      ? [{ method: 'logging/setLevel', params: this.#level }, ...subscriptions]
      : subscriptions;
  }

  /** Notifications for the client, since another upstream may offer other things. */
  changes({ capabilities }: Params): JsonRpcNotification[] {
    const offered = isRecord(capabilities) ? capabilities : {};
    return ['tools', 'prompts', 'resources'].flatMap((what) => {
      const capability = offered[what];
      if (!isRecord(capability) || capability.listChanged !== true) return [];
      return [{ jsonrpc: '2.0' as const, method: `notifications/${what}/list_changed` }];
    });
  }
}
