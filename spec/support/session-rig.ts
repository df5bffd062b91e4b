import type { JsonRpcMessage } from '../../lib/index.js';
import { LiveSession } from '../../lib/session/live-session.js';
import type { RequestFacts } from '../../lib/session/request-facts.js';
import { ResumeStrategy } from '../../lib/session/resume/resume-strategy.js';
import type { SessionObserver } from '../../lib/session/session-observer.js';
import type { MessageSink, SessionLimits } from '../../lib/session/session.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from './fake-response.js';

export const FACTS: RequestFacts = { headers: {}, url: 'http://localhost/', authInfo: undefined };

const LIMITS: SessionLimits = {
  maxBufferedBytes: 1 << 20,
  writeTimeoutMs: 5_000,
  maxConcurrentRequests: 10,
  maxEvents: 0,
  maxBytes: 0,
};

/** A session over a response that the spec controls, with all that it reports written down. */
export class SessionRig {
  readonly response = new FakeResponse();
  readonly session: LiveSession;
  readonly #limits: SessionLimits;
  /** What the observer was told, in order: `['closed', 'shutdown']`, `['failed', code]`, … */
  readonly reports: (readonly [keyof SessionObserver<LiveSession>, unknown])[] = [];
  /** What reached the MCP server behind the session. */
  readonly delivered: JsonRpcMessage[] = [];
  sinkClosed = 0;
  readonly observer: SessionObserver<LiveSession>;
  /** Each runs on the occasion it is named after. */
  onDeliver: (message: JsonRpcMessage) => void = () => {};
  onReceived: (message: JsonRpcMessage) => void = () => {};
  onSent: (message: JsonRpcMessage) => void = () => {};

  constructor(limits: Partial<SessionLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.observer = this.#observer();
    const { observer } = this;
    const road = new ResumeStrategy('node-of-test');
    this.session = new LiveSession('the-id', undefined, undefined, this.#limits, observer, road);
    this.session.receiver.serveWith(this.#sink());
  }

  /** The same, with its stream attached. */
  static open(limits?: Partial<SessionLimits>): SessionRig {
    const rig = new SessionRig(limits);
    rig.attach();
    return rig;
  }

  attach(): void {
    this.session.attach(new ConnectionWriter(this.response, this.#limits), '/message');
  }

  /** The messages that were written to the response, in order. */
  get written(): JsonRpcMessage[] {
    return this.response.text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)) as JsonRpcMessage);
  }

  /** What was reported under one name. */
  reported(name: keyof SessionObserver<LiveSession>): unknown[] {
    return this.reports.filter(([each]) => each === name).map(([, value]) => value);
  }

  /** Messages of the client, in one POST. */
  take(...messages: JsonRpcMessage[]): void {
    void this.session.receiver.receive(messages, FACTS);
  }

  #sink(): MessageSink {
    return {
      reportsCompletion: false,
      receive: (message) => {
        this.delivered.push(message);
        this.onDeliver(message);
      },
      closed: () => (this.sinkClosed += 1),
    };
  }

  #observer(): SessionObserver<LiveSession> {
    const { reports } = this;
    return {
      received: (_, message) => {
        reports.push(['received', message]);
        this.onReceived(message);
      },
      sent: (_, message) => {
        reports.push(['sent', message]);
        this.onSent(message);
      },
      discarded: (_, count) => reports.push(['discarded', count]),
      failed: (_, error) => reports.push(['failed', error.code]),
      detached: (_, reason) => reports.push(['detached', reason]),
      initialized: () => reports.push(['initialized', undefined]),
      resumed: () => reports.push(['resumed', undefined]),
      stalled: () => {},
      heldBytesChanged: (_, bytes) => reports.push(['heldBytesChanged', bytes]),
      closed: (_, reason) => reports.push(['closed', reason]),
      handedOver: (_, node) => reports.push(['handedOver', node]),
    };
  }
}
