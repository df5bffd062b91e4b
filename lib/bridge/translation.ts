// Translates a client's protocol for an upstream that speaks 2026-07-28 only.
import {
  isInputRequiredResult,
  LATEST_PROTOCOL_VERSION,
  LOG_LEVEL_META_KEY,
  SdkError,
  SdkErrorCode,
  SUPPORTED_PROTOCOL_VERSIONS,
  type RequestOptions,
  type StandardSchemaV1,
} from '@modelcontextprotocol/client';

import type { JsonRpcNotification, JsonRpcRequest, RequestId } from '../index.js';
import { isRecord } from '../util/guards.js';
import { Conversation } from './conversation.js';
import { failureOf, HopError, hopErrorOf, notConnected } from './hop-error.js';
import { markHeaders } from './http-transport.js';
import { answerInputs } from './input-requests.js';
import {
  cancelledId,
  isRequest,
  isResponse,
  withoutAnswerMeta,
  withoutRequestMeta,
} from './messages.js';
import { Pauses } from './pauses.js';
import { uriOf } from './subscriptions.js';
import { ToolHeaders } from './tool-headers.js';
import type { Inbound, Surroundings, Upstream } from './upstream.js';

const LOST = 'The upstream closed the connection';

type Params = Record<string, unknown>;

/** Speaks to the upstream by the SDK's client, on behalf of the session's own client. */
export class Translation implements Upstream {
  readonly #surroundings: Surroundings;
  readonly #running = new Map<RequestId, AbortController>();
  readonly #resources = new Set<string>();
  readonly #tools = new ToolHeaders();
  readonly #pauses = new Pauses();
  #initialize: Params = {};
  #level: unknown;
  #current: Conversation | undefined;
  /** The conversation that is connecting. */
  #next: Conversation | undefined;
  #connecting: Promise<Conversation> | undefined;
  /** Why the last attempt failed, or the last connection was lost. */
  #failure = new HopError('closed', LOST);
  #isClosed = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Connects, and returns the result for the client's `initialize`.
   *
   * @throws as the SDK's `connect`, when the upstream does not speak 2026-07-28
   */
  async initialize({ message }: Inbound<JsonRpcRequest>): Promise<Params> {
    this.#initialize = message.params ?? {};
    const { client } = await this.#connect(false);
    const asked = this.#initialize.protocolVersion;
    const instructions = client.getInstructions();
    return {
      // [spec] The requested version if it is supported, else the latest one.
      protocolVersion:
        SUPPORTED_PROTOCOL_VERSIONS.find((version) => version === asked) ?? LATEST_PROTOCOL_VERSION,
      capabilities: client.getServerCapabilities() ?? {},
      // [spec] A modern server should say its name; earlier protocols demand one.
      serverInfo: client.getServerVersion() ?? { name: 'unknown', version: '0' },
      ...(instructions !== undefined && { instructions }),
    };
  }

  receive({ message, headers }: Inbound): void {
    if (isRequest(message)) void this.#answer(message, headers);
    else if (isResponse(message)) {
      if (!this.#surroundings.calls.answer(message)) this.#surroundings.report.count('dropped');
    } else void this.#notified(message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const abort of this.#running.values()) abort.abort();
    await this.#next?.close();
    await this.#connecting?.catch(() => undefined);
    await this.#current?.close();
  }

  async #answer(message: JsonRpcRequest, headers: Inbound['headers']): Promise<void> {
    const { report, send } = this.#surroundings;
    const abort = new AbortController();
    this.#running.set(message.id, abort);
    try {
      const result = await this.#fulfil(message, headers, abort.signal);
      if (!abort.signal.aborted) send({ jsonrpc: '2.0', id: message.id, result });
    } catch (error) {
      // [spec] A request that was cancelled is not answered.
      if (abort.signal.aborted) return;
      const why = this.#whyOf(error);
      const failure = failureOf(message.id, why);
      if (isRecord(failure.error.data) && failure.error.data.hop) report.failed(hopErrorOf(why));
      send(failure);
    } finally {
      if (this.#running.get(message.id) === abort) this.#running.delete(message.id);
    }
  }

  /** If the connection was lost, the error of the SDK does not say why. */
  #whyOf(error: unknown): unknown {
    const isLost = error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;
    if (!isLost || this.#current) return error;
    const { reason, message } = this.#failure;
    return new HopError(reason, message, { cause: error });
  }

  async #fulfil(
    { method, params }: JsonRpcRequest,
    headers: Inbound['headers'],
    signal: AbortSignal,
  ): Promise<Params> {
    switch (method) {
      // [spec] Methods that 2026-07-28 lacks.
      case 'ping':
        return {};
      case 'logging/setLevel':
        this.#level = params?.level;
        return {};
      case 'resources/subscribe': {
        const uri = uriOf(params);
        const { subscriptions } = await this.#conversation();
        if (uri !== undefined && (await subscriptions.subscribe(uri))) return {};
        throw new HopError('refused', 'The upstream does not report changes of this resource');
      }
      case 'resources/unsubscribe': {
        await (await this.#conversation()).subscriptions.unsubscribe(uriOf(params) ?? '');
        return {};
      }
      default:
        this.#surroundings.report.count('requests');
        return this.#request(method, params, headers, signal);
    }
  }

  /** [spec] 2026-07-28: the upstream may ask for input any number of times before it answers. */
  async #request(
    method: string,
    given: Params | undefined,
    headers: Inbound['headers'],
    signal: AbortSignal,
  ): Promise<Params> {
    const { client } = await this.#conversation();
    const options = this.#optionsFor(given, headers, signal);
    const params = this.#withLevel(withoutRequestMeta(given));
    return answerInputs(this.#surroundings, signal, async (inputs) => {
      const all = inputs ? { ...params, ...inputs } : params;
      const request = { method, ...(all && { params: all }) };
      const result = await this.#tools.request(client, request, options, () =>
        client.request(request, AS_IT_IS, options),
      );
      return isInputRequiredResult(result) ? result : withoutAnswerMeta(result);
    });
  }

  #optionsFor(
    params: Params | undefined,
    headers: Inbound['headers'],
    signal: AbortSignal,
  ): RequestOptions {
    const { settings, send } = this.#surroundings;
    const meta = params?._meta;
    const progressToken = isRecord(meta) ? meta.progressToken : undefined;
    const method = 'notifications/progress';
    return {
      signal,
      timeout: settings.requestTimeoutMs,
      resetTimeoutOnProgress: true,
      allowInputRequired: true,
      ...(settings.forwardHeaders.length > 0 && { headers: markHeaders(headers) }),
      ...(progressToken !== undefined && {
        onprogress: (progress: object) =>
          send({ jsonrpc: '2.0', method, params: { ...progress, progressToken } }),
      }),
    };
  }

  #withLevel(params: Params | undefined): Params | undefined {
    if (this.#level === undefined) return params;
    const meta = isRecord(params?._meta) ? params._meta : {};
    return { ...params, _meta: { ...meta, [LOG_LEVEL_META_KEY]: this.#level } };
  }

  async #notified(message: JsonRpcNotification): Promise<void> {
    const { method, params } = message;
    if (method === 'notifications/initialized') {
      this.#current?.subscriptions.start();
      return;
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      this.#running.get(cancelled)?.abort();
      this.#running.delete(cancelled);
      return;
    }
    // [spec] In 2026-07-28, clients announce no changes; upstreams ask for roots.
    if (method.startsWith('notifications/')) this.#surroundings.report.count('dropped');
    else {
      const notification = { method, ...(params && { params: withoutRequestMeta(params) }) };
      const sent = this.#conversation().then(({ client }) => client.notification(notification));
      await sent.catch((error: unknown) => this.#surroundings.report.failed(hopErrorOf(error)));
    }
  }

  /** The current conversation, or a new one: the process may have ended. */
  async #conversation(): Promise<Conversation> {
    return this.#current ?? this.#connect(true);
  }

  #connect(again: boolean): Promise<Conversation> {
    this.#connecting ??= this.#open(again).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #open(again: boolean): Promise<Conversation> {
    const { report, latest } = this.#surroundings;
    if (this.#isClosed) throw new HopError('session-closed', 'The session has ended', NOT_SENT);
    const caller = latest();
    if (this.#pauses.isTooEarlyFor(caller)) throw this.#failure;
    if (again) report.changed({ state: 'reconnecting' });
    const next: Conversation = new Conversation(
      this.#surroundings,
      this.#initialize,
      this.#resources,
      (why) => {
        if (this.#current === next) this.#lost(why);
      },
    );
    this.#next = next;
    try {
      await next.connect();
    } catch (error) {
      this.#failure = notConnected(error);
      this.#pauses.failed(this.#failure, caller);
      if (!again) throw error;
      report.changed({ state: 'failed' });
      throw this.#failure;
    } finally {
      this.#next = undefined;
    }
    this.#current = next;
    this.#pauses.opened();
    report.changed({ era: 'modern' });
    report.opened(next.pid, again);
    if (again) next.subscriptions.start();
    return next;
  }

  #lost(why: HopError | undefined): void {
    this.#current = undefined;
    this.#failure = notConnected(why ?? new HopError('closed', LOST));
    this.#pauses.lost();
    if (this.#isClosed) return;
    this.#surroundings.report.changed({ state: 'failed', pid: undefined });
  }
}

const NOT_SENT = { sent: false };

/** Accepts any result: the SDK has already checked what the protocol requires. */
const AS_IT_IS: StandardSchemaV1<unknown, Params> = {
  '~standard': {
    version: 1,
    vendor: 'express-mcp-sse',
    validate: (value) =>
      isRecord(value) ? { value } : { issues: [{ message: 'a result must be an object' }] },
  },
};
