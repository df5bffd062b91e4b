// Whose request it is, as the application says.
import { McpSseError } from '../errors.js';
import { kindOf, principalFromAuth } from '../options/principal.js';
import { isPromiseLike } from '../util/promises.js';
import type { Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

/** Who asks for a stream: what the application says of the request. */
export interface Caller {
  readonly principal: string | undefined;
  readonly key: string | undefined;
}

/**
 * Whose request it is: as the application says, or by what its authentication left behind.
 * Undefined is an anonymous caller.
 *
 * @throws McpSseError `internal` when the answer is no text: `null`, `''` or an object would make
 * one principal of all callers; `hook-timeout`; whatever the application's own function throws.
 */
export function principalOf<Data>(
  exchange: Exchange,
  { settings, events }: Pick<Runtime<Data>, 'settings' | 'events'>,
): string | undefined | Promise<string | undefined> {
  const { principal } = settings.security;
  // The default reads what middleware has left, and so spares what makes an Express request.
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
