// Writes the head of a stream.
import { ConnectionWriter } from '../../stream/connection-writer.js';
import type { Exchange } from '../exchange.js';
import { streamHead } from '../http2.js';
import type { Runtime } from '../runtime.js';

/** Sends the head of a stream; the writer is the only way onto it from now on. */
export function beginStream<Data>(
  { res }: Exchange,
  { settings }: Pick<Runtime<Data>, 'settings'>,
): ConnectionWriter {
  res.writeHead(200, streamHead(res));
  const { writeTimeoutMs } = settings.limits;
  // What may wait is bounded by the session's pump, which knows what is replayed.
  return new ConnectionWriter(res, { writeTimeoutMs, maxBufferedBytes: Infinity });
}
