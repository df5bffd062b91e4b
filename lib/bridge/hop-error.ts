// What went wrong between the bridge and its upstream, and the error that the client gets.
import {
  METHOD_NOT_FOUND,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';

import type { JsonRpcFailure, RequestId } from '../index.js';
import { attempt, messageOf } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

/**
 * Why the upstream did not answer: it could not be reached; it refused by an HTTP status; it kept
 * silent; the connection, or the process, ended before the answer; it gave an answer that is not an
 * MCP message or is too large; too many messages wait for it, or too many processes run; the
 * session has ended.
 */
export type HopErrorReason =
  'unreachable' | 'refused' | 'timeout' | 'closed' | 'invalid-answer' | 'busy' | 'session-closed';

export interface HopErrorDetails {
  /** Whether the upstream may have seen the message. @defaultValue true */
  readonly sent?: boolean;
  /** The HTTP status by which the upstream refused. */
  readonly status?: number | undefined;
  /** The part of the challenge of a 401 or 403 that clients may see. */
  readonly wwwAuthenticate?: string | undefined;
  /** The body of the refusal. */
  readonly text?: string | undefined;
  readonly cause?: unknown;
}

/** The hop between the bridge and its upstream failed. */
export class HopError extends Error {
  override readonly name = 'HopError';
  /** Whether the upstream may have seen the message. */
  readonly sent: boolean;
  readonly status: number | undefined;
  readonly wwwAuthenticate: string | undefined;
  /** The body of the refusal. It may quote what the client has sent. */
  readonly text: string | undefined;

  constructor(
    readonly reason: HopErrorReason,
    message: string,
    { sent = true, status, wwwAuthenticate, text, cause }: HopErrorDetails = {},
  ) {
    super(message, { cause });
    this.sent = sent;
    this.status = status;
    this.wwwAuthenticate = wwwAuthenticate;
    this.text = text;
  }
}

/** [node] System calls that fail before anything is sent. The program follows `spawn`. */
const BEFORE_SENDING = /^(connect|getaddrinfo|spawn\b.*)$/;
/** [node] Codes of errors without such a call: several addresses failed, or TLS did. */
const NOT_SENT: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'CERT_NOT_YET_VALID'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_UNTRUSTED'],
  ...['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
]);

/**
 * Turns anything thrown into a `HopError`. A `HopError`, even if the SDK has wrapped it, stays as
 * it is.
 */
export function hopErrorOf(thrown: unknown): HopError {
  const causes = causesOf(thrown);
  const own = causes.find((error) => error instanceof HopError);
  if (own) return own;
  for (const error of causes) {
    if (error instanceof SdkHttpError) {
      const { status, text } = error.data;
      return refusal(status, { text: typeof text === 'string' ? text : undefined, cause: thrown });
    }
    const code = isRecord(error) ? attempt(() => error.code, undefined) : undefined;
    if (TIMEOUTS.has(code)) {
      return new HopError('timeout', 'The upstream did not answer in time', { cause: thrown });
    }
    if (code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected) {
      const sent = code === SdkErrorCode.ConnectionClosed;
      return new HopError('closed', 'The upstream closed the connection', { sent, cause: thrown });
    }
    if (isBeforeSending(error, code)) {
      const text = 'The upstream could not be reached';
      return new HopError('unreachable', text, { sent: false, cause: thrown });
    }
    // The cause says more than this wrapper.
    if (error instanceof TypeError || (error instanceof SdkError && error.cause)) continue;
    const unreadable = error instanceof SyntaxError || error instanceof SdkError || isZod(error);
    if (unreadable) return invalidAnswer(thrown);
  }
  return new HopError('closed', 'The connection to the upstream failed', { cause: thrown });
}

/** The SDK's deadline, and those of Node's `fetch`. */
const TIMEOUTS: ReadonlySet<unknown> = new Set([
  ...[SdkErrorCode.RequestTimeout, 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
]);

function isBeforeSending(error: unknown, code: unknown): boolean {
  const call = isRecord(error) ? attempt(() => error.syscall, undefined) : undefined;
  if (typeof call === 'string') return BEFORE_SENDING.test(call);
  // [node] `fetch` never connects to some ports. That error has no code.
  return NOT_SENT.has(code) || (error instanceof Error && error.message === 'bad port');
}

const invalidAnswer = (cause: unknown): HopError =>
  new HopError(
    'invalid-answer',
    'The upstream answered with something that is not an MCP message',
    {
      cause,
    },
  );

/** The upstream refused by an HTTP status. */
export function refusal(status: number, details: HopErrorDetails): HopError {
  const message = `The upstream refused with HTTP status ${status}`;
  return new HopError('refused', message, { ...details, status });
}

/** Whether the upstream refuses this caller, but perhaps not the same one with other headers. */
export const isOfCaller = (status: number | undefined): boolean => status === 401 || status === 403;

/** Whether the text of a 400 says that the session is unknown: many servers do not answer 404. */
export const saysUnknownSession = (text: string | undefined): boolean =>
  /session/i.test(text ?? '');

const isZod = (error: unknown): boolean => isRecord(error) && error.name === 'ZodError';

/** An error and what caused it, outermost first. */
function causesOf(thrown: unknown): unknown[] {
  const causes = [thrown];
  for (let error = thrown; causes.length < 8 && isRecord(error) && error.cause;) {
    error = error.cause;
    causes.push(error);
  }
  return causes;
}

/**
 * Why a connection could not be made. No message of the client was sent, and an error that the
 * upstream has answered concerns the bridge's handshake, so it must not look like an answer.
 */
export function notConnected(thrown: unknown): HopError {
  if (thrown instanceof ProtocolError) return refusedHandshake(thrown);
  const { reason, message, status, wwwAuthenticate } = hopErrorOf(thrown);
  return new HopError(reason, message, { sent: false, status, wwwAuthenticate, cause: thrown });
}

/** The upstream answered the bridge's handshake with an error. */
export function refusedHandshake({ code, message }: JsonRpcFailure['error'], again = ''): HopError {
  const cause = new Error(`${String(code)}: ${message}`);
  const text = `The upstream refused to initialize${again}`;
  return new HopError('refused', text, { sent: false, cause });
}

/** The JSON-RPC error that an upstream has put into the body of its refusal. */
export function errorInBody(text: string | undefined): JsonRpcFailure['error'] | undefined {
  const body = attempt<unknown>(() => (text === undefined ? text : JSON.parse(text)), undefined);
  const error = isRecord(body) ? body.error : undefined;
  if (!isRecord(error) || !Number.isSafeInteger(error.code)) return undefined;
  return typeof error.message === 'string' ? (error as JsonRpcFailure['error']) : undefined;
}

/**
 * The error that the client gets. An error of the upstream stays as it is. If a hop failed, the
 * error says which one, why, and whether the request may have taken effect; never where the
 * upstream is.
 */
export function failureOf(id: RequestId, thrown: unknown): JsonRpcFailure {
  if (thrown instanceof ProtocolError) {
    const { code, message, data } = thrown;
    return { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } };
  }
  // Nothing is wrong with the hop: the method belongs to a protocol that the upstream does not speak.
  const isOfOtherProtocol =
    thrown instanceof SdkError && thrown.code === SdkErrorCode.MethodNotSupportedByProtocolVersion;
  if (isOfOtherProtocol) {
    return { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
  }
  const { reason, message, sent, status, wwwAuthenticate, text } = hopErrorOf(thrown);
  const own = errorInBody(text);
  if (own && !isOfCaller(status)) return { jsonrpc: '2.0', id, error: own };
  const data = {
    hop: 'upstream',
    reason,
    outcome: sent && reason !== 'refused' ? 'unknown' : 'not-done',
    ...(status !== undefined && { status }),
    ...(wwwAuthenticate !== undefined && { wwwAuthenticate }),
  };
  return { jsonrpc: '2.0', id, error: { code: -32000, message, data } };
}

/** The message of the error with its deepest cause, for logs. */
export const describe = (error: HopError): string =>
  [error.message, ...causesOf(error).slice(-1).map(messageOf)]
    .filter((text, index, all) => all.indexOf(text) === index)
    .join(': ');
