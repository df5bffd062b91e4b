// Answers with an error, as JSON-RPC.
import type { ServerResponse } from 'node:http';

import type { HttpAnswer } from './http-error.js';
import { isRefusalCode, STATUSES, type McpSseError, type RefusalCode } from '../errors.js';
import { errorResponseFor, RpcCode } from '../wire/json-rpc.js';

/** The parts of a refusal besides its status. */
interface Refusal {
  readonly rpcCode: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

const RETRY = { 'Retry-After': '1' };
const INVALID: Refusal = { rpcCode: RpcCode.invalidRequest };
const UNAVAILABLE: Refusal = { rpcCode: RpcCode.serverError, headers: RETRY };

const REFUSALS: Record<RefusalCode, Refusal> = {
  'parse-error': { rpcCode: RpcCode.parseError },
  'invalid-message': INVALID,
  'invalid-request': INVALID,
  unauthorized: INVALID,
  forbidden: INVALID,
  'insufficient-scope': INVALID,
  'host-not-allowed': INVALID,
  'origin-not-allowed': INVALID,
  'session-not-found': { rpcCode: RpcCode.sessionNotFound },
  'method-not-allowed': { rpcCode: RpcCode.methodNotFound },
  'not-acceptable': INVALID,
  sunset: { rpcCode: RpcCode.serverError },
  'message-too-large': INVALID,
  'unsupported-media-type': INVALID,
  'too-many-in-flight': UNAVAILABLE,
  'too-many-sessions': UNAVAILABLE,
  'over-budget': UNAVAILABLE,
  'shutting-down': UNAVAILABLE,
  'adapter-unavailable': UNAVAILABLE,
  'outcome-unknown': { rpcCode: RpcCode.serverError },
};

/** Whether the client may learn the error. It never learns faults of the server. */
export function isRefusal(error: McpSseError): boolean {
  return isRefusalCode(error.code);
}

/**
 * Answers with the error as JSON-RPC, or destroys a response that has begun already. The error
 * `sunset` also gets problem details, which tools understand.
 *
 * @param answer the answer that an error of the application asks for, in place of the code's
 * @param details members of the problem details
 */
export function sendError(
  res: ServerResponse,
  error: McpSseError,
  answer?: HttpAnswer,
  details: Readonly<Record<string, string | undefined>> = {},
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const { status, rpcCode, headers, message } = answer
    ? { ...answer, rpcCode: rpcCodeOf(answer.status) }
    : answerTo(error);
  const rpcAnswer = errorResponseFor(null, rpcCode, message);
  const isProblem = error.code === 'sunset';
  // [spec] RFC 9457, 4.2.1: the title of `about:blank` is the phrase of the status.
  const problem = { type: 'about:blank', title: 'Gone', status, detail: message, ...details };
  const body = JSON.stringify(isProblem ? { ...problem, ...rpcAnswer } : rpcAnswer);
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    ...headers,
    ...(error.challenge !== undefined && { 'WWW-Authenticate': error.challenge }),
    'Content-Type': isProblem ? 'application/problem+json' : 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  // [node] HEAD gets no body; `end` drops it.
  res.end(body);
}

function answerTo({ code, message }: McpSseError): Refusal & { status: number; message: string } {
  if (isRefusalCode(code)) return { ...REFUSALS[code], status: STATUSES[code], message };
  return { rpcCode: RpcCode.internalError, status: 500, message: 'Internal error' };
}

/** Maps a status to a JSON-RPC code, as the table above does for error codes. */
function rpcCodeOf(status: number): number {
  if (status === 429 || status === 503 || status === 504) return RpcCode.serverError;
  return status < 500 ? RpcCode.invalidRequest : RpcCode.internalError;
}
