// Traces and metrics of a router.
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type Link,
  type Tracer,
} from '@opentelemetry/api';

import type {
  JsonRpcMessage,
  JsonRpcRequest,
  JsonRpcResponse,
  McpSseChannels,
  McpSseRouter,
  Session,
} from '../index.js';
import { aroundDelivery } from '../util/delivery.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';
import { performance } from '../util/timers.js';
import { Durations, NETWORK, protocolOf } from './durations.js';
import { observeStats } from './gauges.js';
import { Operations, type Outcome } from './operations.js';
import { parseOptions, type InstrumentOptions, type InstrumentSettings } from './options.js';
import { describe } from './request-attributes.js';

const NAME = 'express-mcp-sse';
const HASH_CHARS = 16;

/** The router whose sessions are observed. */
export type InstrumentedRouter<Data = unknown> = Pick<
  McpSseRouter<Data>,
  'sessions' | 'stats' | 'watchMessages'
>;

/**
 * Makes a span for each request of a client and of the server, records how long requests and
 * sessions take, and publishes `stats()`, all through the OpenTelemetry API. Spans that a tool
 * makes become children of the span of its call. Ends with the router's `close()` or when the
 * returned function is called; spans that are still open end too.
 *
 * @throws McpSseError `invalid-option`
 */
export function instrument<Data>(
  mcp: InstrumentedRouter<Data>,
  options: InstrumentOptions = {},
): () => void {
  const instrumentation = new Instrumentation(mcp, parseOptions(options));
  return () => {
    instrumentation.stop();
  };
}

class Instrumentation<Data> {
  readonly #settings: InstrumentSettings;
  readonly #tracer: Tracer;
  readonly #durations: Durations;
  /** Requests of clients, and of the server. */
  readonly #asked: Operations;
  readonly #asking: Operations;
  /** Channels publish the sessions of all routers. */
  readonly #own = new WeakSet<Session>();
  readonly #stops: (() => void)[];

  constructor(mcp: InstrumentedRouter<Data>, settings: InstrumentSettings) {
    this.#settings = settings;
    this.#tracer = settings.tracerProvider.getTracer(NAME);
    const meter = settings.meterProvider.getMeter(NAME);
    const durations = (this.#durations = new Durations(meter));
    this.#asked = new Operations((...done) => durations.operation('server', ...done));
    this.#asking = new Operations((...done) => durations.operation('client', ...done));
    for (const session of mcp.sessions) this.#own.add(session);
    this.#stops = [
      mcp.watchMessages((message, session, direction) => {
        // What the application sends may have getters that throw.
        attempt(() => this.#saw(message, session, direction), undefined);
      }),
      aroundDelivery((session, message, next) => {
        context.with(this.#contextOf(session as Session, message as JsonRpcMessage), next);
      }),
      observeStats(meter, mcp),
      on('mcp-sse:session.open', ({ session }) => this.#began(session, mcp)),
      on('mcp-sse:session.restore', ({ session }) => this.#began(session, mcp)),
      on('mcp-sse:session.close', ({ session, reason }) => {
        if (this.#ended(session)) durations.session(session, reason);
      }),
      // Another node continues the session, and records its whole duration.
      on('mcp-sse:session.hand-over', ({ session }) => void this.#ended(session)),
      on('mcp-sse:writer.stall', ({ session, waitedMs, drained }) => {
        if (this.#own.has(session)) durations.wait(waitedMs, drained);
      }),
      on('mcp-sse:shutdown', ({ sessions, finished }) => {
        if (finished && sessions === mcp.sessions) this.stop();
      }),
    ];
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#asked.stop();
    this.#asking.stop();
  }

  #saw(message: JsonRpcMessage, session: Session, direction: 'in' | 'out'): void {
    const isIn = direction === 'in';
    if (!('method' in message)) {
      this.#answered(message, session, isIn ? this.#asking : this.#asked);
    } else if ('id' in message) this.#requested(message, session, isIn);
    else if (message.method === 'notifications/cancelled') {
      const id = message.params?.requestId;
      // [spec] A cancelled request is not answered.
      if (typeof id !== 'string' && typeof id !== 'number') return;
      (isIn ? this.#asked : this.#asking).end(session, id, { errorType: 'cancelled' });
    }
  }

  #requested(request: JsonRpcRequest, session: Session, isIn: boolean): void {
    // Otherwise most spans would be keep-alives.
    if (!isIn && request.method === 'ping') return;
    const { name, attributes, target } = describe(request);
    const ambient = context.active();
    const parent = isIn ? this.#parentOf(request, ambient) : ambient;
    const active = trace.getSpanContext(ambient);
    const links: Link[] = active && parent !== ambient ? [{ context: active }] : [];
    const kind = isIn ? SpanKind.SERVER : SpanKind.CLIENT;
    const own = { ...NETWORK, ...protocolOf(session), 'mcp.session.id': this.#idOf(session) };
    const span = this.#tracer.startSpan(
      name,
      { kind, links, attributes: { ...own, ...attributes } },
      parent,
    );
    (isIn ? this.#asked : this.#asking).start(session, request.id, {
      ...{ method: request.method, target, session, span },
      context: trace.setSpan(parent, span),
      startedAt: performance.now(),
    });
  }

  #answered(response: JsonRpcResponse, session: Session, operations: Operations): void {
    const { id } = response;
    if (id === undefined || id === null) return;
    const outcome = outcomeOf(response);
    const operation = operations.get(session, id);
    // Before it is recorded: the first call that succeeds counts under its name.
    if (operation && outcome.errorType === undefined) {
      this.#durations.methods.learn(operation.method);
      this.#durations.targets.learn(operation.target?.name);
      this.#learn(response);
    }
    operations.end(session, id, outcome);
  }

  /** Learns the names that the server lists. */
  #learn(response: JsonRpcResponse): void {
    if (!('result' in response)) return;
    const { tools, prompts } = response.result;
    for (const list of [tools, prompts]) {
      if (!Array.isArray(list)) continue;
      for (const item of list) if (isRecord(item)) this.#durations.targets.learn(item.name);
    }
  }

  #began(session: Session, { sessions }: InstrumentedRouter<Data>): void {
    if (sessions.get(session.id) === session) this.#own.add(session);
  }

  /** The session is over at this node. Returns whether it was one of this router's. */
  #ended(session: Session): boolean {
    if (!this.#own.delete(session)) return false;
    this.#asked.endAll(session, 'session-closed');
    this.#asking.endAll(session, 'session-closed');
    return true;
  }

  /** [spec] The context of `params._meta` is the parent, and the ambient one is linked. */
  #parentOf({ params }: JsonRpcRequest, ambient: Context): Context {
    const meta = params?._meta;
    if (!this.#settings.remoteParent || !isRecord(meta)) return ambient;
    const extracted = propagation.extract(ROOT_CONTEXT, meta);
    return trace.getSpanContext(extracted) ? extracted : ambient;
  }

  /** The context in which the effects of a message run. */
  #contextOf(session: Session, message: JsonRpcMessage): Context {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    const operation = id === undefined ? undefined : this.#asked.get(session, id);
    return operation?.context ?? context.active();
  }

  #idOf({ id }: Session): string {
    if (this.#settings.sessionIds === 'plain') return id;
    return createHash('sha256').update(id).digest('base64url').slice(0, HASH_CHARS);
  }
}

/** [spec] `error.type` is the code of a JSON-RPC error, or `tool_error` for a tool that failed. */
function outcomeOf(response: JsonRpcResponse): Outcome {
  if ('error' in response) {
    const { code, message } = response.error;
    return { errorType: String(code), statusCode: String(code), message };
  }
  return response.result.isError === true ? { errorType: 'tool_error' } : {};
}

/** Listens to a channel until the function that it returns is called. */
function on<Name extends keyof McpSseChannels>(
  name: Name,
  listen: (payload: McpSseChannels[Name]) => void,
): () => void {
  const listener = (payload: unknown): void => {
    // Anybody may publish there, and what a subscriber throws ends the process.
    attempt(() => {
      listen(payload as McpSseChannels[Name]);
    }, undefined);
  };
  subscribe(name, listener);
  return () => {
    unsubscribe(name, listener);
  };
}
