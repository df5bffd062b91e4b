// Sends a request and reads its answer.
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import { within } from './clock.js';
import type { HttpAnswer } from './refused-error.js';

/** A request that has not been sent yet. */
export interface PreparedRequest {
  readonly request: ClientRequest;
  /** Names the request in errors. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Makes the error for a late answer. */
  readonly late: () => Error;
}

/** Sends a request and resolves with the head of its answer. */
export async function send(
  { request, name, timeoutMs, late }: PreparedRequest,
  body?: string | Uint8Array,
): Promise<IncomingMessage> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // The listener stays: a request that is cut during its answer may emit `error` too.
    request.on('error', (cause: NodeJS.ErrnoException) => {
      // [node] The error of a name with several addresses has no message, only a code.
      reject(new Error(`${name} failed: ${cause.message || String(cause.code)}`, { cause }));
    });
  });
  request.end(body);
  // A request without an answer is cut when the session closes.
  return within(answer, timeoutMs, late);
}

/** Reads the whole answer. If the body breaks off or is late, returns what has arrived. */
export async function whole(answer: IncomingMessage, timeoutMs: number): Promise<HttpAnswer> {
  let body = '';
  const read = async (): Promise<void> => {
    answer.setEncoding('utf8');
    for await (const chunk of answer) body += String(chunk);
  };
  const late = (): Error => new Error('the body did not end');
  await within(read(), timeoutMs, late).catch(() => answer.destroy());
  return { status: statusOf(answer), headers: answer.headers, body };
}

/** [node] Every answer has a status; the type also covers requests, which have none. */
export function statusOf({ statusCode }: IncomingMessage): number {
  return Number(statusCode);
}

/** Later headers replace earlier ones, in any case; undefined removes one. */
export function merged(...headers: OutgoingHttpHeaders[]): OutgoingHttpHeaders {
  const byName: OutgoingHttpHeaders = {};
  for (const [name, value] of headers.flatMap((some) => Object.entries(some))) {
    byName[name.toLowerCase()] = value;
  }
  return Object.fromEntries(Object.entries(byName).filter(([, value]) => value !== undefined));
}
