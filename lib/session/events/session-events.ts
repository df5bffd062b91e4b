// The one hub for events: counters, channels, watchers, hooks.
import { McpSseError } from '../../errors.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { isPromiseLike, withDeadline } from '../../util/promises.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { RequestFacts } from '../request-facts.js';
import type { CloseReason, Session } from '../session.js';
import { diagnostics } from './diagnostics.js';
import { ErrorLog } from './error-log.js';
import type { McpSseHooks } from './hooks.js';
import type { MessageWatcher } from './message-watcher.js';
import type { Statistics } from './statistics.js';
import type { Usage, UsageTally } from './usage.js';

/** The members of a session that the events use. They publish its handle. */
interface Subject<Data> {
  readonly handle: Session<Data>;
  readonly usage: UsageTally;
}

/**
 * The one hub for events of sessions: counts and publishes them, shows messages to watchers, and
 * runs the application's hooks in isolation, opens before closes.
 */
export class SessionEvents<Data> {
  readonly #hooks: McpSseHooks<Data>;
  readonly #timeoutMs: number;
  readonly #statistics: Statistics;
  readonly #usage: Usage;
  readonly #errorLog = new ErrorLog();
  readonly #watchers = new Set<MessageWatcher<Data>>();
  /** Hooks that have not settled; each is dropped at its deadline. */
  readonly #running = new Set<Promise<void>>();
  /** By session: the hooks that wait until `onSessionOpen` has settled. */
  readonly #opening = new Map<Session<Data>, (() => void)[]>();

  constructor(hooks: McpSseHooks<Data>, timeoutMs: number, statistics: Statistics, usage: Usage) {
    this.#hooks = hooks;
    this.#timeoutMs = timeoutMs;
    this.#statistics = statistics;
    this.#usage = usage;
  }

  /** Calls a function of the application. Only an async function gets a deadline. */
  callUser<T>(name: string, call: () => T | Promise<T>): T | Promise<T> {
    const answer = call();
    return isPromiseLike(answer) ? this.bounded(name, async () => answer) : answer;
  }

  /** Runs code of the application, within the deadline of hooks. */
  bounded<T>(name: string, work: () => Promise<T>): Promise<T> {
    return withDeadline(
      work(),
      this.#timeoutMs,
      () => new McpSseError('hook-timeout', `${name} took longer than limits.hookTimeoutMs`),
    );
  }

  /** Calls `watcher` with every message. Returns a function that stops it. */
  watch(watcher: MessageWatcher<Data>): () => void {
    // A function of its own for each call: the application may pass one function twice.
    const own: MessageWatcher<Data> = (...seen) => watcher(...seen);
    this.#watchers.add(own);
    return () => {
      this.#watchers.delete(own);
    };
  }

  opened({ handle }: Subject<Data>): void {
    this.#statistics.opened += 1;
    this.#begin(handle, 'onSessionOpen', () => diagnostics.opened(handle));
  }

  /** The session was on another node until now. */
  restored({ handle }: Subject<Data>): void {
    this.#statistics.restored += 1;
    this.#begin(handle, 'onSessionRestore', () => diagnostics.restored(handle));
  }

  #begin(
    handle: Session<Data>,
    name: 'onSessionOpen' | 'onSessionRestore',
    publish: () => void,
  ): void {
    const hook = this.#hooks[name];
    const afterwards: (() => void)[] = [];
    // Set before the event is published, because a subscriber may close the session at once.
    if (hook) this.#opening.set(handle, afterwards);
    publish();
    if (!hook) return;
    const opened = (): void => {
      this.#opening.delete(handle);
      for (const next of afterwards) next();
    };
    const running = this.#run(name, handle, () => hook(handle));
    if (running) void running.then(opened);
    else opened();
  }

  /** Runs `hook` when the hook that began the session has settled. */
  #afterOpening(handle: Session<Data>, hook: () => void): void {
    const afterwards = this.#opening.get(handle);
    if (afterwards) afterwards.push(hook);
    else hook();
  }

  initialized({ handle }: Subject<Data>): void {
    const { onInitialize } = this.#hooks;
    if (onInitialize) void this.#run('onInitialize', handle, () => onInitialize(handle));
  }

  /** `body` is the POST, if the message came alone. */
  received(session: Subject<Data>, message: JsonRpcMessage, body?: RequestFacts): void {
    const { handle } = session;
    this.#statistics.messagesIn += 1;
    this.#usage.received(session, message);
    diagnostics.received(handle, message, body);
    this.#showWatchers(message, handle, 'in');
    const { onReceive } = this.#hooks;
    if (onReceive) void this.#run('onReceive', handle, () => onReceive(message, handle));
  }

  sent(session: Subject<Data>, message: JsonRpcMessage, bytes: number): void {
    const { handle } = session;
    this.#statistics.messagesOut += 1;
    this.#usage.sent(session);
    diagnostics.sent(handle, message, bytes);
    this.#showWatchers(message, handle, 'out');
    const { onSend } = this.#hooks;
    if (onSend) void this.#run('onSend', handle, () => onSend(message, handle));
  }

  detached({ handle }: Subject<Data>, reason: CloseReason): void {
    this.#statistics.detached += 1;
    diagnostics.detached(handle, reason);
    const { onSessionDetach } = this.#hooks;
    if (onSessionDetach)
      void this.#run('onSessionDetach', handle, () => onSessionDetach(handle, reason));
  }

  resumed({ handle }: Subject<Data>): void {
    this.#statistics.resumed += 1;
    diagnostics.resumed(handle);
    const { onSessionResume } = this.#hooks;
    if (onSessionResume) void this.#run('onSessionResume', handle, () => onSessionResume(handle));
  }

  discarded(_session: Subject<Data>, count: number): void {
    this.#statistics.discarded += count;
  }

  /** `count` calls got the error `interrupted`. */
  interrupted(count: number): void {
    this.#statistics.interrupted += count;
  }

  stalled({ handle }: Subject<Data>, writer: ConnectionWriter): void {
    diagnostics.stalled(handle, writer);
  }

  closed(session: Subject<Data>, reason: CloseReason): void {
    const { handle } = session;
    this.#statistics.countClosed(reason);
    this.#usage.closed(session);
    diagnostics.closed(handle, reason);
    const { onSessionClose } = this.#hooks;
    if (!onSessionClose) return;
    this.#afterOpening(handle, () => {
      void this.#run('onSessionClose', handle, () => onSessionClose(handle, reason));
    });
  }

  handedOver(session: Subject<Data>, node: string): void {
    const { handle } = session;
    this.#statistics.handedOver += 1;
    this.#usage.closed(session);
    diagnostics.handedOver(handle, node);
    const { onSessionHandOver } = this.#hooks;
    if (!onSessionHandOver) return;
    this.#afterOpening(handle, () => {
      void this.#run('onSessionHandOver', handle, () => onSessionHandOver(handle, node));
    });
  }

  refused(error: McpSseError): void {
    this.#statistics.countRefused(error);
    diagnostics.refused(error);
  }

  failed(session: Subject<Data> | undefined, error: McpSseError): void {
    this.#report(session?.handle, error);
  }

  /** Resolves when every running hook has settled or met its deadline. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #report(session: Session<Data> | undefined, error: McpSseError): void {
    this.#statistics.countError(error);
    diagnostics.failed(session, error);
    const { onError } = this.#hooks;
    if (!onError) {
      this.#errorLog.report(error);
      return;
    }
    // Not by #run, which would report a failure of onError to onError.
    try {
      const returned = onError(error, session);
      if (isPromiseLike(returned)) returned.then(undefined, diagnostics.onErrorFailed);
    } catch (failure) {
      diagnostics.onErrorFailed(failure);
    }
  }

  #showWatchers(message: JsonRpcMessage, session: Session<Data>, direction: 'in' | 'out'): void {
    if (this.#watchers.size === 0) return;
    for (const watcher of this.#watchers) {
      void this.#run('watchMessages', session, () => watcher(message, session, direction));
    }
  }

  /** Runs a hook. Returns a promise only for an async one: most are synchronous. */
  #run(name: string, session: Session<Data>, hook: () => unknown): Promise<void> | undefined {
    const failed = (error: unknown): void => {
      this.#report(session, McpSseError.from(error, 'hook-failed'));
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
