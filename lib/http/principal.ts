import { principalFromAuth } from '../options/principal.js';
import type { Settings } from '../options/settings.js';
import type { Exchange } from './exchange.js';

/** Whose request it is: as the application says, or by what its authentication left behind. */
export function principalOf(
  exchange: Exchange,
  { security: { principal } }: Pick<Settings<unknown>, 'security'>,
): string | undefined | Promise<string | undefined> {
  // The default reads `req.auth` alone, and so spares what makes an Express request.
  return principal === principalFromAuth
    ? principalFromAuth(exchange.req)
    : principal(exchange.expressRequest());
}
