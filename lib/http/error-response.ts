import type { ServerResponse } from 'node:http';

import type { McpSseError, McpSseErrorCode } from '../errors.js';
import { errorResponseFor, RpcCode } from '../wire/json-rpc.js';

interface Refusal {
  readonly status: number;
  readonly rpcCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { 'Retry-After': '1' };
const UNAVAILABLE: Refusal = { status: 503, rpcCode: RpcCode.serverError, headers: RETRY };
const INTERNAL: Refusal = { status: 500, rpcCode: RpcCode.internalError };

/** The only map from errors to statuses. What is not in it is the server's own fault: 500. */
const REFUSALS: Partial<Record<McpSseErrorCode, Refusal>> = {
  'parse-error': { status: 400, rpcCode: RpcCode.parseError },
  'invalid-message': { status: 400, rpcCode: RpcCode.invalidRequest },
  'invalid-request': { status: 400, rpcCode: RpcCode.invalidRequest },
  unauthorized: { status: 401, rpcCode: RpcCode.invalidRequest },
  forbidden: { status: 403, rpcCode: RpcCode.invalidRequest },
  'host-not-allowed': { status: 403, rpcCode: RpcCode.invalidRequest },
  'origin-not-allowed': { status: 403, rpcCode: RpcCode.invalidRequest },
  'session-not-found': { status: 404, rpcCode: RpcCode.sessionNotFound },
  'method-not-allowed': { status: 405, rpcCode: RpcCode.methodNotFound },
  'not-acceptable': { status: 406, rpcCode: RpcCode.invalidRequest },
  'message-too-large': { status: 413, rpcCode: RpcCode.invalidRequest },
  'unsupported-media-type': { status: 415, rpcCode: RpcCode.invalidRequest },
  'too-many-in-flight': { status: 429, rpcCode: RpcCode.serverError, headers: RETRY },
  'too-many-sessions': UNAVAILABLE,
  'over-budget': UNAVAILABLE,
  'shutting-down': UNAVAILABLE,
  'adapter-unavailable': UNAVAILABLE,
  'outcome-unknown': { status: 504, rpcCode: RpcCode.serverError },
};

/** Whether the client is told what went wrong: what the server got wrong is none of its business. */
export function isRefusal(error: McpSseError): boolean {
  return error.code in REFUSALS;
}

/** Answers with the error as JSON-RPC, or destroys a response that has begun already. */
export function sendError(res: ServerResponse, error: McpSseError): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const { status, rpcCode, headers } = REFUSALS[error.code] ?? INTERNAL;
  const message = isRefusal(error) ? error.message : 'Internal error';
  const body = JSON.stringify(errorResponseFor(null, rpcCode, message));
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  });
  // [node] HEAD gets no body; `end` drops it.
  res.end(body);
}
