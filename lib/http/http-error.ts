// The answer that an error of the application asks for: its status, headers and message.
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';

import { McpSseError } from '../errors.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

/** The answer that an error asks for. */
export interface HttpAnswer {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** An error of the application, and the answer that it asks for. */
export interface Refused {
  readonly error: McpSseError;
  readonly answer: HttpAnswer | undefined;
}

/** The most headers that an error may add to its answer. */
const MAX_HEADERS = 32;
const MAX_MESSAGE_LENGTH = 1_000;

/**
 * Headers that an error may not set: this package sets those that frame the answer and describe its
 * body, and `security.allowedOrigins` decides those of CORS.
 */
const OURS =
  /^(connection|content-.*|date|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|vary|access-control-.*)$/i;

/**
 * Reads an error that the application's code has thrown, by the conventions of Express: one of
 * `http-errors` (`status` or `statusCode`, `headers`, `expose`), or of `@hapi/boom`. A status below
 * 500 refuses the request; any other is kept, and the error stays a fault. Never throws.
 *
 * An error of `server()` counts only if it has `expose` or is one of boom: clients of other
 * services throw errors with a `status`, too, and that status is not for our client.
 */
export function refusedBy(error: McpSseError): Refused {
  if (error.code !== 'internal' && error.code !== 'server-failed') {
    return { error, answer: undefined };
  }
  const cause = attempt(() => error.cause, undefined);
  const answer = attempt(() => answerOf(cause, error.code === 'server-failed'), undefined);
  if (!answer || answer.status >= 500) return { error, answer };
  const code = answer.status === 401 ? 'unauthorized' : 'forbidden';
  return { error: new McpSseError(code, answer.message, { cause }), answer };
}

/** @throws any throw of a getter */
function answerOf(thrown: unknown, mustBeMeant: boolean): HttpAnswer | undefined {
  if (!isRecord(thrown)) return undefined;
  const boom = thrown.isBoom === true && isRecord(thrown.output) ? thrown.output : undefined;
  if (mustBeMeant && !boom && typeof thrown.expose !== 'boolean') return undefined;
  const status = statusOf(boom ?? thrown);
  if (status === undefined) return undefined;
  const { payload } = boom ?? {};
  // Boom's payload is meant for the client; a plain message needs `expose`.
  const told: unknown = boom ? isRecord(payload) && payload.message : thrown.message;
  const isTold = boom !== undefined || thrown.expose === true;
  const message = isTold && typeof told === 'string' && told !== '' ? told : undefined;
  return {
    status,
    message: (message ?? STATUS_CODES[status] ?? 'Refused').slice(0, MAX_MESSAGE_LENGTH),
    headers: headersOf((boom ?? thrown).headers),
  };
}

/** The first of the two that is an error status. */
function statusOf({ status, statusCode }: Record<string, unknown>): number | undefined {
  return [status, statusCode].find(
    (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599,
  );
}

function headersOf(given: unknown): HttpAnswer['headers'] {
  if (!isRecord(given)) return {};
  const usable: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given).slice(0, MAX_HEADERS)) {
    const values = (Array.isArray(value) ? value.slice(0, MAX_HEADERS) : [value]).map(textOf);
    if (OURS.test(name) || !values.every((text) => isHeader(name, text))) continue;
    const [first = '', ...more] = values as string[];
    usable[name] = more.length > 0 ? [first, ...more] : first;
  }
  return usable;
}

const textOf = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** Whether Node accepts the header: no CR, LF or other control character, nothing above U+00FF. */
function isHeader(name: string, value: unknown): boolean {
  const check = (): boolean => {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
    return typeof value === 'string';
  };
  return attempt(check, false);
}
