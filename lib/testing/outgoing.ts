import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import { within } from './clock.js';
import type { HttpAnswer } from './refused-error.js';

/** Sends the request and resolves with the head of its answer. `what` names it in errors. */
export async function answerTo(
  request: ClientRequest,
  body: string | Uint8Array | undefined,
  what: string,
  timeoutMs: number,
): Promise<IncomingMessage> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // It stays: a request that is cut after its answer has begun may say so here as well.
    request.on('error', (cause: NodeJS.ErrnoException) => {
      // [node] The error of a name with several addresses has no message, only a code.
      reject(new Error(`${what} failed: ${cause.message || String(cause.code)}`, { cause }));
    });
  });
  request.end(body);
  return within(answer, timeoutMs, () => {
    request.destroy();
    return new Error(`${what} was not answered within ${timeoutMs} ms`);
  });
}

/** The whole answer: a body that does not end, or breaks off, is as far as it came. */
export async function whole(answer: IncomingMessage, timeoutMs: number): Promise<HttpAnswer> {
  let body = '';
  const read = async (): Promise<void> => {
    answer.setEncoding('utf8');
    for await (const chunk of answer) body += String(chunk);
  };
  const late = (): Error => new Error('the body did not end');
  await within(read(), timeoutMs, late).catch(() => answer.destroy());
  return { status: answer.statusCode ?? 0, headers: answer.headers, body };
}

/** Later headers replace earlier ones, however they are spelt; undefined takes one out. */
export function merged(...headers: OutgoingHttpHeaders[]): OutgoingHttpHeaders {
  const byName = new Map(
    headers
      .flatMap((some) => Object.entries(some))
      .map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.fromEntries([...byName].filter(([, value]) => value !== undefined));
}
