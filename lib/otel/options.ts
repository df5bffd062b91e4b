// The options of `instrument`.
import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';

import { McpSseError } from '../errors.js';

export interface InstrumentOptions {
  /**
   * Makes the spans.
   * @defaultValue the global one, which your SDK registers
   */
  tracerProvider?: TracerProvider;
  /**
   * Makes the metrics.
   * @defaultValue the global one
   */
  meterProvider?: MeterProvider;
  /**
   * `'hashed'`: `mcp.session.id` is 16 characters of the SHA-256 of the session's id. `'plain'`:
   * the id itself. Anybody who can read the traces could then post to an anonymous session.
   * @defaultValue 'hashed'
   */
  sessionIds?: 'hashed' | 'plain';
  /**
   * Whether a client's trace context (`params._meta.traceparent`) becomes the parent of the span,
   * as the conventions advise. Any client can send one, and so decide what is sampled; `false`
   * ignores it.
   * @defaultValue true
   */
  remoteParent?: boolean;
}

export type InstrumentSettings = Required<InstrumentOptions>;

/** @throws McpSseError `invalid-option` */
export function parseOptions(options: InstrumentOptions): InstrumentSettings {
  const settings: InstrumentSettings = {
    tracerProvider: trace.getTracerProvider(),
    meterProvider: metrics.getMeterProvider(),
    sessionIds: 'hashed',
    remoteParent: true,
  };
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) throw invalid(`unknown option ${unknown}`);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  Object.assign(settings, Object.fromEntries(given));
  const { sessionIds, remoteParent } = settings;
  if (!['hashed', 'plain'].includes(sessionIds)) {
    throw invalid("sessionIds must be 'hashed' or 'plain'");
  }
  if (typeof remoteParent !== 'boolean') throw invalid('remoteParent must be a boolean');
  return settings;
}

const invalid = (what: string): McpSseError =>
  new McpSseError('invalid-option', `instrument: ${what}`);
