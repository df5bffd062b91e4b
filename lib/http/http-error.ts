// The answer that an error of the application asks for: its status, headers and message.
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';

import { McpSseError } from '../errors.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';

/** How a request is answered by the word of an error. */
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

/** Headers that an answer may have at most. */
const MAX_HEADERS = 32;
const MAX_MESSAGE_LENGTH = 1_000;

/**
 * Headers that say how the answer is framed and what its body is, which is ours, and those of CORS,
 * which `security.allowedOrigins` decides.
 */
const OURS =
  /^(connection|content-.*|date|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|vary|access-control-.*)$/i;

/**
 * What the application's own code has thrown, by the conventions of Express: an error of
 * `http-errors` (`status` or `statusCode`, `headers`, `expose`), or one of `@hapi/boom`. One with a
 * status below 500 refuses the request; with another it stays the fault that it is, and its status
 * is kept. Never throws.
 *
 * An error of `server()` must be meant for an answer, by its `expose` or as one of boom: clients of
 * other services throw errors with a status too, which is not ours.
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

/** @throws what a getter throws */
function answerOf(thrown: unknown, mustBeMeant: boolean): HttpAnswer | undefined {
  if (!isRecord(thrown)) return undefined;
  const boom = thrown.isBoom === true && isRecord(thrown.output) ? thrown.output : undefined;
  if (mustBeMeant && !boom && typeof thrown.expose !== 'boolean') return undefined;
  const status = statusOf(boom ?? thrown);
  if (status === undefined) return undefined;
  const { payload } = boom ?? {};
  // What boom puts into its payload is made for the client; a message needs the author's word.
  const told: unknown = boom ? isRecord(payload) && payload.message : thrown.message;
  const isTold = boom !== undefined || thrown.expose === true;
  const message = isTold && typeof told === 'string' && told !== '' ? told : undefined;
  return {
    status,
    message: (message ?? STATUS_CODES[status] ?? 'Refused').slice(0, MAX_MESSAGE_LENGTH),
    headers: headersOf((boom ?? thrown).headers),
  };
}

/** The first of both that is a status of an error. */
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

/** Whether Node takes it: no CR, LF or other control character, no letter above U+00FF. */
function isHeader(name: string, value: unknown): boolean {
  const check = (): boolean => {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
    return typeof value === 'string';
  };
  return attempt(check, false);
}
