// Determines who the caller of a request is, as the application says.
import { McpSseError } from '../errors.js';
import { kindOf, principalFromAuth } from '../options/principal.js';
import { isPromiseLike } from '../util/promises.js';
import type { Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

/** The caller of a stream: what the application says about the request. */
export interface Caller {
  readonly principal: string | undefined;
  readonly key: string | undefined;
}

/**
 * The principal of a request, by `security.principal` or by what authentication left behind.
 * Undefined is an anonymous caller.
 *
 * @throws McpSseError `internal` if the answer is not a string: `null`, `''` or an object would make
 * all callers one principal; `hook-timeout`; any throw of the application's own function.
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
