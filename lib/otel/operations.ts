// Keeps the requests that run, each with its span, until they are answered.
import { SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api';

import type { RequestId, Session } from '../index.js';
import { cutOff } from '../util/cut-off.js';
import { performance } from '../util/timers.js';
import type { Described } from './request-attributes.js';

/**
 * The most open requests of one session: an answer that never comes must not hold a span for as
 * long as the session lives.
 */
const MAX_OPEN = 1_000;
const MAX_MESSAGE_CHARS = 256;

/** A request that runs. */
export interface Operation {
  readonly method: string;
  readonly target: Described['target'];
  readonly session: Session;
  readonly span: Span;
  /** The context in which the effects of the request run. */
  readonly context: Context;
  readonly startedAt: number;
}

/** How it ended. */
export interface Outcome {
  /** Undefined if it succeeded. */
  readonly errorType?: string | undefined;
  readonly statusCode?: string | undefined;
  readonly message?: string | undefined;
}

/** Records how long an operation took. Must not throw. */
export type Recorder = (operation: Operation, seconds: number, failure: Attributes) => void;

/** The requests of one direction, by session and id. */
export class Operations {
  readonly #sessions = new Map<Session, Map<RequestId, Operation>>();
  readonly #record: Recorder;

  constructor(record: Recorder) {
    this.#record = record;
  }

  /** How many run. */
  get size(): number {
    return [...this.#sessions.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get(session: Session, id: RequestId): Operation | undefined {
    return this.#sessions.get(session)?.get(id);
  }

  start(session: Session, id: RequestId, operation: Operation): void {
    this.end(session, id, { errorType: 'superseded' });
    const running = this.#sessions.get(session) ?? new Map<RequestId, Operation>();
    this.#sessions.set(session, running);
    running.set(id, operation);
    if (running.size <= MAX_OPEN) return;
    const [oldest] = running.keys();
    if (oldest !== undefined) this.end(session, oldest, { errorType: 'timeout' });
  }

  /** Returns the operation, if it was running. */
  end(session: Session, id: RequestId, outcome: Outcome): Operation | undefined {
    const running = this.#sessions.get(session);
    const operation = running?.get(id);
    if (!running || !operation) return undefined;
    running.delete(id);
    if (running.size === 0) this.#sessions.delete(session);
    this.#finish(operation, outcome);
    return operation;
  }

  /** The session is over: nothing of it will be answered. */
  endAll(session: Session, errorType: string): void {
    for (const id of [...(this.#sessions.get(session)?.keys() ?? [])]) {
      this.end(session, id, { errorType });
    }
  }

  stop(): void {
    for (const session of [...this.#sessions.keys()]) this.endAll(session, 'stopped');
  }

  #finish(operation: Operation, { errorType, statusCode, message }: Outcome): void {
    const { span, startedAt } = operation;
    const failure = {
      ...(errorType !== undefined && { 'error.type': errorType }),
      ...(statusCode !== undefined && { 'rpc.response.status_code': statusCode }),
    };
    if (errorType !== undefined) {
      span.setAttributes(failure);
      // [spec] The description is the message of the JSON-RPC error.
      const description = message === undefined ? undefined : cutOff(message, MAX_MESSAGE_CHARS);
      span.setStatus({
        code: SpanStatusCode.ERROR,
        ...(description !== undefined && { message: description }),
      });
    }
    this.#record(operation, (performance.now() - startedAt) / 1_000, failure);
    span.end();
  }
}
