// Tells a client of changes at an upstream of 2026-07-28, by one `subscriptions/listen`.
import type { Client, McpSubscription } from '@modelcontextprotocol/client';

import { isRecord } from '../util/guards.js';
import { clearTimeout, setTimeout } from '../util/timers.js';
import { hopErrorOf, isOfCaller } from './hop-error.js';
import { Pauses } from './pauses.js';
import type { Surroundings } from './upstream.js';

/** Resources that one session may subscribe to. */
const MAX_RESOURCES = 1_000;

type Filter = Parameters<Client['listen']>[0];

/** [spec] 2026-07-28 has no `resources/subscribe`, and announces changes on a stream of their own. */
export class Subscriptions {
  readonly #surroundings: Surroundings;
  readonly #client: Client;
  readonly #resources: Set<string>;
  readonly #pauses = new Pauses();
  #lists: Filter = {};
  #current: McpSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Changes are made one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  /** The upstream has refused this caller. */
  #isRefused = false;
  #unregister: (() => void) | undefined;
  #isClosed = false;

  /** `resources` are the URIs that the session subscribes to; they outlive the client. */
  constructor(surroundings: Surroundings, client: Client, resources: Set<string>) {
    this.#surroundings = surroundings;
    this.#client = client;
    this.#resources = resources;
  }

  /** Begins to listen for changes that the upstream announces. */
  start(): void {
    const offered = this.#client.getServerCapabilities() ?? {};
    const { tools, prompts, resources } = offered;
    this.#lists = {
      ...(tools?.listChanged && { toolsListChanged: true }),
      ...(prompts?.listChanged && { promptsListChanged: true }),
      ...(resources?.listChanged && { resourcesListChanged: true }),
    };
    this.#unregister = this.#surroundings.renewal.register(() => {
      if (this.#isRefused) this.#listenLater(0);
    });
    this.#listenLater(0);
  }

  /**
   * Returns whether the upstream will announce changes of the resource.
   * @throws as the SDK's `listen`
   */
  async subscribe(uri: string): Promise<boolean> {
    if (this.#resources.size >= MAX_RESOURCES) return false;
    this.#resources.add(uri);
    try {
      const honoured = await this.#listen();
      if (honoured?.resourceSubscriptions?.includes(uri)) return true;
      this.#resources.delete(uri);
      return false;
    } catch (error) {
      this.#resources.delete(uri);
      throw error;
    }
  }

  async unsubscribe(uri: string): Promise<void> {
    if (this.#resources.delete(uri)) await this.#listen();
  }

  close(): void {
    this.#isClosed = true;
    this.#unregister?.();
    clearTimeout(this.#timer);
  }

  /**
   * Replaces the stream by one for all current subscriptions, which opens before the old one ends.
   */
  #listen(): Promise<Filter | undefined> {
    const changed = this.#changing.then(async () => {
      const before = this.#current;
      const resourceSubscriptions = [...this.#resources];
      const filter = {
        ...this.#lists,
        ...(resourceSubscriptions.length > 0 && { resourceSubscriptions }),
      };
      const wanted = Object.keys(filter).length > 0 && !this.#isClosed;
      const timeout = this.#surroundings.settings.connectTimeoutMs;
      this.#current = wanted ? await this.#client.listen(filter, { timeout }) : undefined;
      await before?.close();
      if (this.#current) this.#watch(this.#current);
      return this.#current?.honoredFilter;
    });
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  #watch(subscription: McpSubscription): void {
    this.#pauses.opened();
    void subscription.closed.then((how) => {
      if (how === 'local' || this.#isClosed || this.#current !== subscription) return;
      this.#current = undefined;
      this.#pauses.lost();
      this.#listenLater(this.#pauses.leftMs);
    });
  }

  #listenLater(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#isRefused = false;
    this.#timer = setTimeout(() => {
      this.#listen().catch((error: unknown) => {
        if (this.#isClosed) return;
        const failure = hopErrorOf(error);
        this.#surroundings.report.failed(failure);
        this.#pauses.failed();
        this.#listenLater(this.#pauses.leftMs);
        this.#isRefused = isOfCaller(failure.status);
      });
    }, delayMs).unref();
  }
}

/** The URI that `resources/subscribe` names. */
export function uriOf(params: unknown): string | undefined {
  return isRecord(params) && typeof params.uri === 'string' ? params.uri : undefined;
}
