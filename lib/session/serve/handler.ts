// Serves a session with a plain function.
import { McpSseError } from '../../errors.js';
import { attempt } from '../../util/foreign-error.js';
import { isRecord } from '../../util/guards.js';
import { isPromiseLike } from '../../util/promises.js';
import {
  errorResponseFor,
  isRequest,
  rpcErrorOf,
  RpcCode,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../../wire/json-rpc.js';
import type { LiveSession } from '../live-session.js';
import type { RequestFacts } from '../request-facts.js';
import type { SessionObserver } from '../session-observer.js';
import type { MessageSink, Session } from '../session.js';
import type { HandlerContext, MessageHandler } from './message-handler.js';

type Failures<Data> = Pick<SessionObserver<LiveSession<Data>>, 'failed'>;

/** Passes the client's messages to a handler and sends its answers. */
export class HandlerSink<Data> implements MessageSink {
  readonly reportsCompletion = true;
  readonly #handler: MessageHandler<Data>;
  readonly #session: LiveSession<Data>;
  readonly #events: Failures<Data>;

  constructor(handler: MessageHandler<Data>, session: LiveSession<Data>, events: Failures<Data>) {
    this.#handler = handler;
    this.#session = session;
    this.#events = events;
  }

  receive(message: JsonRpcMessage, facts: RequestFacts): void {
    const request = isRequest(message) ? message : undefined;
    try {
      const returned = this.#handler(message, new Context(this.#session, facts, request));
      if (isPromiseLike(returned)) {
        returned.then(
          (result) => {
            this.#answer(request, result);
          },
          (error: unknown) => {
            this.#refuse(request, error);
          },
        );
      } else this.#answer(request, returned);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  closed(): void {
    // The session aborts the signals of running requests.
  }

  #answer(request: JsonRpcRequest | undefined, returned: unknown): void {
    if (!request) return;
    const result = returned ?? {};
    if (isRecord(result)) this.#reply(request.id, { jsonrpc: '2.0', id: request.id, result });
    else
      this.#refuse(
        request,
        new McpSseError('server-failed', 'the result of handler() must be an object'),
      );
  }

  #refuse(request: JsonRpcRequest | undefined, thrown: unknown): void {
    const told = rpcErrorOf(thrown);
    if (!told && !this.#isCancellation(request, thrown)) {
      this.#events.failed(this.#session, McpSseError.from(thrown, 'server-failed'));
    }
    if (!request) return;
    const { code, message, data } = told ?? {
      code: RpcCode.internalError,
      message: 'Internal error',
      data: undefined,
    };
    this.#reply(request.id, errorResponseFor(request.id, code, message, data));
  }

  /** A handler that obeys its signal fails with the signal's error. That is not a fault. */
  #isCancellation(request: JsonRpcRequest | undefined, thrown: unknown): boolean {
    if (!request || this.#session.receiver.inFlight.has(request.id)) return false;
    const { code, cause } = McpSseError.from(thrown);
    if (code === 'request-cancelled' || code === 'session-closed') return true;
    return isRecord(cause) && attempt(() => cause.name, undefined) === 'AbortError';
  }

  #reply(id: RequestId, response: JsonRpcResponse): void {
    const { inFlight } = this.#session.receiver;
    // [spec] A cancelled request gets no answer; its session may be closed, too.
    if (inFlight.has(id)) void this.#session.send(response);
    else inFlight.release(id);
  }
}

class Context<Data> implements HandlerContext<Data> {
  readonly session: Session<Data>;
  readonly #live: LiveSession<Data>;
  readonly #facts: RequestFacts;
  readonly #request: JsonRpcRequest | undefined;
  #signal: AbortSignal | undefined;

  constructor(live: LiveSession<Data>, facts: RequestFacts, request: JsonRpcRequest | undefined) {
    this.session = live.handle;
    this.#live = live;
    this.#facts = facts;
    this.#request = request;
  }

  get headers(): RequestFacts['headers'] {
    return this.#facts.headers;
  }
  get url(): string {
    return this.#facts.url;
  }
  get authInfo(): unknown {
    return this.#facts.authInfo;
  }
  get signal(): AbortSignal {
    this.#signal ??= this.#newSignal();
    return this.#signal;
  }

  /** Bound, because handlers destructure it: `({ progress }) => …`. */
  get progress(): HandlerContext['progress'] {
    return (...step) => this.#report(...step);
  }

  async #report(progress: number, total?: number, message?: string): Promise<void> {
    const meta = this.#request?.params?._meta;
    const progressToken = isRecord(meta) ? meta.progressToken : undefined;
    if (progressToken === undefined) return;
    const params = { progressToken, progress, total, message };
    await this.session.notify('notifications/progress', params);
  }

  /** Made on first access, which may be after the session has ended. */
  #newSignal(): AbortSignal {
    const live = this.#live;
    if (!this.#request || live.state === 'closed') return live.signal;
    return live.receiver.inFlight.signal(this.#request.id);
  }
}
