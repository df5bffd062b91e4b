// Writes the head of a stream.
import { ConnectionWriter } from '../../stream/connection-writer.js';
import type { Exchange } from '../exchange.js';
import { streamHead } from '../http2.js';
import type { Runtime } from '../runtime.js';

/** Sends the head of a stream. From then on only the writer may write to it. */
export function beginStream<Data>(
  { res }: Exchange,
  { settings }: Pick<Runtime<Data>, 'settings'>,
): ConnectionWriter {
  res.writeHead(200, streamHead(res));
  const { writeTimeoutMs } = settings.limits;
  // The session's pump bounds what waits, because only it knows what is a replay.
  return new ConnectionWriter(res, { writeTimeoutMs, maxBufferedBytes: Infinity });
}
