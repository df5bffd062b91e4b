// The histograms of the conventions, and one of ours.
import type { Attributes, Histogram, Meter } from '@opentelemetry/api';

import type { Session } from '../index.js';
import { KnownNames } from './known-names.js';
import type { Operation } from './operations.js';
import { operationOf } from './request-attributes.js';

/** [spec] Semantic conventions for MCP, metrics: the advised boundaries, in seconds. */
const BOUNDARIES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** The attributes that identify HTTP+SSE, with the version of the protocol. */
export const NETWORK: Attributes = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };

/** Close reasons that are errors; the others are normal ends. */
const ERRORS: ReadonlySet<string> = new Set([
  ...['write-timeout', 'buffer-overflow', 'write-failed', 'ping-timeout'],
  ...['initialize-timeout', 'replay-evicted', 'over-budget'],
]);

/** [spec] Methods that a server may receive or send. */
const METHODS = [
  ...['initialize', 'ping', 'completion/complete', 'logging/setLevel', 'prompts/get'],
  ...['prompts/list', 'resources/list', 'resources/read', 'resources/subscribe'],
  ...['resources/templates/list', 'resources/unsubscribe', 'tools/call', 'tools/list'],
  ...['elicitation/create', 'roots/list', 'sampling/createMessage'],
];

/** Records durations, by names that the server knows. */
export class Durations {
  readonly methods: KnownNames = new KnownNames(METHODS);
  readonly targets: KnownNames = new KnownNames();
  readonly #server: Histogram;
  readonly #client: Histogram;
  readonly #session: Histogram;
  readonly #wait: Histogram;

  constructor(meter: Meter) {
    const histogram = (name: string, description: string): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: BOUNDARIES },
      });
    this.#server = histogram('mcp.server.operation.duration', 'Requests of clients');
    this.#client = histogram('mcp.client.operation.duration', 'Requests of the server');
    this.#session = histogram('mcp.server.session.duration', 'Sessions');
    this.#wait = histogram('mcp_sse.reader.wait', 'How long writes waited for their reader');
  }

  operation(
    side: 'server' | 'client',
    { method, target, session }: Operation,
    seconds: number,
    failure: Attributes,
  ): void {
    const histogram = side === 'server' ? this.#server : this.#client;
    histogram.record(seconds, {
      ...NETWORK,
      ...protocolOf(session),
      ...operationOf(method),
      'mcp.method.name': this.methods.of(method),
      ...(target && { [target.key]: this.targets.of(target.name) }),
      ...failure,
    });
  }

  session(session: Session, reason: string): void {
    const seconds = (Date.now() - session.openedAt.getTime()) / 1_000;
    const failure = ERRORS.has(reason) ? { 'error.type': reason } : {};
    this.#session.record(seconds, { ...NETWORK, ...protocolOf(session), ...failure });
  }

  wait(waitedMs: number, drained: boolean): void {
    this.#wait.record(waitedMs / 1_000, { drained });
  }
}

/** The version that the server has negotiated, one of a few. */
export function protocolOf({ protocolVersion }: Session): Attributes {
  return protocolVersion === undefined ? {} : { 'mcp.protocol.version': protocolVersion };
}
