// Announces the end of HTTP+SSE in answers, and refuses streams after it.
import { userAgentOf } from '../session/events/usage.js';
import type { McpSseRequest } from '../session/request-facts.js';
import type { SunsetCaller } from '../session/sunset.js';
import { randomText } from '../util/random-text.js';
import type { Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

/**
 * Announces the end in the headers of an answer, if these are not sent yet. If `applies` decides
 * for each caller, only once the principal is known.
 *
 * @param principal undefined for an anonymous caller, and before it is known
 */
export function announceSunset<Data>(
  { req, res }: Exchange,
  { sunset }: Pick<Runtime<Data>, 'sunset'>,
  principal: string | undefined,
  known: boolean,
): void {
  if (sunset?.isSelective !== known || res.headersSent) return;
  const { Link: links, ...fields } = sunset.headersFor(callerOf(req, principal));
  for (const [name, value] of Object.entries(fields)) res.setHeader(name, value);
  // The application may have links of its own.
  if (links !== undefined) res.appendHeader('Link', links);
}

/**
 * Refuses a stream if HTTP+SSE has ended for its caller and `sunset.refuse` is `'http'`.
 *
 * @throws McpSseError `sunset`
 */
export function refuseEndedStream<Data>(
  { req }: Exchange,
  { sunset, usage }: Pick<Runtime<Data>, 'sunset' | 'usage'>,
  principal: string | undefined,
): void {
  if (!sunset?.refusesStreams) return;
  const caller = callerOf(req, principal);
  const error = sunset.refusalOf(caller, randomText(9));
  if (!error) return;
  const { userAgent } = caller;
  const names = { client: undefined, version: undefined, protocolVersion: undefined };
  usage.refused({ ...names, principal, userAgent, transport: 'sse' });
  throw error;
}

function callerOf(req: McpSseRequest, principal: string | undefined): SunsetCaller {
  return { principal, userAgent: userAgentOf(req.headers), clientInfo: undefined };
}
