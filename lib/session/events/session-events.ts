import { McpSseError } from '../../errors.js';
import { isPromiseLike, withDeadline } from '../../util/promises.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import { diagnostics } from './diagnostics.js';
import type { McpSseRequest, RequestFacts } from '../request-facts.js';
import type { CloseReason, Session } from '../session.js';
import type { Statistics } from './statistics.js';
import { messageWatchers } from './watch-messages.js';

/**
 * Where the application looks in. Each hook may be async. Apart from `onConnect` none can refuse
 * or delay anything: one that throws, rejects or takes longer than `limits.hookTimeoutMs` is
 * reported to `onError` (`hook-failed`, `hook-timeout`) and otherwise ignored.
 */
export interface McpSseHooks<Data = unknown> {
  /**
   * Before anything is accepted. What it returns becomes `session.data`. A throw refuses the
   * stream: `new McpSseError('unauthorized' | 'forbidden', …)` with 401 or 403, anything else
   * with 500; a hook that takes too long refuses with 500 too. `signal` is aborted when the
   * client leaves meanwhile: no session is opened then, and no close is reported.
   */
  onConnect?: (
    req: McpSseRequest,
    context: { readonly signal: AbortSignal },
  ) => Data | Promise<Data>;
  /** The stream is open and its `endpoint` event is on its way. */
  onSessionOpen?: (session: Session<Data>) => unknown;
  /** A message of the client was accepted, before it is passed on. */
  onReceive?: (message: JsonRpcMessage, session: Session<Data>) => unknown;
  /** A message was accepted for the stream. */
  onSend?: (message: JsonRpcMessage, session: Session<Data>) => unknown;
  /**
   * The stream of a session is gone, and its client may come back within `resume.windowMs`.
   * Requests in flight go on, what is sent waits.
   */
  onSessionDetach?: (session: Session<Data>, reason: CloseReason) => unknown;
  /** The client of a session is back: a new stream goes on where the old one stopped. */
  onSessionResume?: (session: Session<Data>) => unknown;
  /** The session has closed: once for every `onSessionOpen`, and after it has settled. */
  onSessionClose?: (session: Session<Data>, reason: CloseReason) => unknown;
  /** Something failed that no caller is told of, or that ended a session. */
  onError?: (error: McpSseError, session?: Session<Data>) => unknown;
}

/** Runs hooks in isolation, counts what they are told, and keeps opens and closes in order. */
export class SessionEvents<Data> {
  readonly #hooks: McpSseHooks<Data>;
  readonly #timeoutMs: number;
  readonly #statistics: Statistics;
  /** Hooks that have not settled; each leaves by its deadline. */
  readonly #running = new Set<Promise<void>>();
  /** For each session whose open has not settled: what is to follow it. */
  readonly #opening = new Map<Session<Data>, (() => void)[]>();

  constructor(hooks: McpSseHooks<Data>, timeoutMs: number, statistics: Statistics) {
    this.#hooks = hooks;
    this.#timeoutMs = timeoutMs;
    this.#statistics = statistics;
  }

  /** @throws whatever `onConnect` throws; McpSseError `hook-timeout`. */
  async connect(req: McpSseRequest, context: { readonly signal: AbortSignal }): Promise<Data> {
    const { onConnect } = this.#hooks;
    // Nothing tells what Data is but the hook's own return type.
    if (!onConnect) return undefined as Data;
    return this.callUser('onConnect', () => onConnect(req, context));
  }

  /** Asks a function of the application; only an async answer is given a deadline. */
  callUser<T>(name: string, question: () => T | Promise<T>): T | Promise<T> {
    const answer = question();
    return isPromiseLike(answer) ? this.bounded(name, async () => answer) : answer;
  }

  /** Runs what the application wrote, by the deadline of hooks. */
  bounded<T>(name: string, work: () => Promise<T>): Promise<T> {
    return withDeadline(
      work(),
      this.#timeoutMs,
      () => new McpSseError('hook-timeout', `${name} took longer than limits.hookTimeoutMs`),
    );
  }

  opened(session: Session<Data>): void {
    this.#statistics.opened += 1;
    const { onSessionOpen } = this.#hooks;
    const afterwards: (() => void)[] = [];
    // Known before anybody is told, since they may close the session there and then.
    if (onSessionOpen) this.#opening.set(session, afterwards);
    diagnostics.opened(session);
    if (!onSessionOpen) return;
    const opened = (): void => {
      this.#opening.delete(session);
      for (const next of afterwards) next();
    };
    const running = this.#run('onSessionOpen', session, () => onSessionOpen(session));
    if (running) void running.then(opened);
    else opened();
  }

  /** `body` is the POST, where the message came alone. */
  received(session: Session<Data>, message: JsonRpcMessage, body?: RequestFacts): void {
    this.#statistics.messagesIn += 1;
    diagnostics.received(session, message, body);
    this.#show(message, session, 'in');
    const { onReceive } = this.#hooks;
    if (onReceive) void this.#run('onReceive', session, () => onReceive(message, session));
  }

  sent(session: Session<Data>, message: JsonRpcMessage, bytes: number): void {
    this.#statistics.messagesOut += 1;
    diagnostics.sent(session, message, bytes);
    this.#show(message, session, 'out');
    const { onSend } = this.#hooks;
    if (onSend) void this.#run('onSend', session, () => onSend(message, session));
  }

  detached(session: Session<Data>, reason: CloseReason): void {
    this.#statistics.detached += 1;
    diagnostics.detached(session, reason);
    const { onSessionDetach } = this.#hooks;
    if (onSessionDetach)
      void this.#run('onSessionDetach', session, () => onSessionDetach(session, reason));
  }

  resumed(session: Session<Data>): void {
    this.#statistics.resumed += 1;
    diagnostics.resumed(session);
    const { onSessionResume } = this.#hooks;
    if (onSessionResume) void this.#run('onSessionResume', session, () => onSessionResume(session));
  }

  discarded(_session: Session<Data>, count: number): void {
    this.#statistics.discarded += count;
  }

  stalled(session: Session<Data>, writer: ConnectionWriter): void {
    diagnostics.stalled(session, writer);
  }

  closed(session: Session<Data>, reason: CloseReason): void {
    this.#statistics.countClosed(reason);
    diagnostics.closed(session, reason);
    const { onSessionClose } = this.#hooks;
    if (!onSessionClose) return;
    const run = (): void => {
      void this.#run('onSessionClose', session, () => onSessionClose(session, reason));
    };
    const afterwards = this.#opening.get(session);
    if (afterwards) afterwards.push(run);
    else run();
  }

  failed(session: Session<Data> | undefined, error: McpSseError): void {
    this.#statistics.countError(error);
    diagnostics.failed(session, error);
    const { onError } = this.#hooks;
    if (!onError) return;
    // Not by #run: a failing onError has nobody left to tell but the log.
    try {
      const returned = onError(error, session);
      if (isPromiseLike(returned)) returned.then(undefined, diagnostics.onErrorFailed);
    } catch (failure) {
      diagnostics.onErrorFailed(failure);
    }
  }

  /** Resolves when every hook that is running has settled or met its deadline. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #show(message: JsonRpcMessage, session: Session<Data>, direction: 'in' | 'out'): void {
    const watchers = messageWatchers();
    if (watchers.size === 0) return;
    for (const watcher of watchers) {
      void this.#run('watchMessages', session, () => watcher(message, session, direction));
    }
  }

  /** A promise only where the hook is async: most are not, and none is waited for. */
  #run(name: string, session: Session<Data>, hook: () => unknown): Promise<void> | undefined {
    const failed = (error: unknown): void => {
      this.failed(session, McpSseError.from(error, 'hook-failed'));
    };
    try {
      const returned = hook();
      if (!isPromiseLike(returned)) return undefined;
      const run = this.bounded(name, async () => returned).then(() => undefined, failed);
      this.#track(run);
      return run;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  #track(run: Promise<void>): void {
    this.#running.add(run);
    void run.then(() => this.#running.delete(run));
  }
}
