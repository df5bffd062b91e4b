// Identifies the caller of a request, by the application's rules.
import { McpSseError } from '../errors.js';
import { kindOf, principalFromAuth } from '../options/principal.js';
import { isPromiseLike } from '../util/promises.js';
import type { Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

/** The caller of a stream, as the application identifies it. */
export interface Caller {
  readonly principal: string | undefined;
  readonly key: string | undefined;
}

/**
 * Returns the principal of a request, by `security.principal`, or by the result of authentication.
 * Undefined for an anonymous caller.
 *
 * @throws McpSseError `internal` if the answer is no string, because `null`, `''` or an object
 * would make all callers one principal; `hook-timeout`; any throw of the application's own
 * function.
 */
export function principalOf<Data>(
  exchange: Exchange,
  { settings, events }: Pick<Runtime<Data>, 'settings' | 'events'>,
): string | undefined | Promise<string | undefined> {
  const { principal } = settings.security;
  // The default reads the plain request, without the cost of making an Express request.
  if (principal === principalFromAuth) return principalFromAuth(exchange.req);
  const answer: unknown = events.callUser<unknown>('security.principal', () =>
    principal(exchange.expressRequest()),
  );
  return isPromiseLike(answer) ? Promise.resolve(answer).then(checked) : checked(answer);
}

function checked(answer: unknown): string | undefined {
  if (answer === undefined || (typeof answer === 'string' && answer !== '')) return answer;
  throw new McpSseError(
    'internal',
    'security.principal must return a non-empty string, or undefined for an anonymous caller; ' +
      `it returned ${kindOf(answer)}`,
  );
}
