// Writes the head of a stream.
import type { ServerResponse } from 'node:http';

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
  joinHead(res);
  const { writeTimeoutMs } = settings.limits;
  // The session's pump bounds what waits, because only it knows what is a replay.
  return new ConnectionWriter(res, { writeTimeoutMs, maxBufferedBytes: Infinity });
}

const NOTHING = {};

/**
 * [node] A response keeps its head for life, as twenty strings that are concatenated: 670 bytes. A
 * string becomes one when it is the key of a property, and all streams of the same second share it.
 */
function joinHead(res: ServerResponse): void {
  const head: unknown = Reflect.get(res, '_header');
  if (typeof head === 'string') Reflect.has(NOTHING, head);
}
