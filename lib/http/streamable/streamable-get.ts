// Whether a GET of the stream's URL comes from a client of Streamable HTTP.
import type { McpSseRequest } from '../../session/request-facts.js';
import { isEventSource } from '../get/resume-request.js';

/** The one version that has HTTP+SSE and nothing else: Java's client names it with its first GET. */
const ONLY_SSE = '2024-11-05';

/** The AI SDK, whose two transports send the same GET but for the id of a session. */
const AI_SDK = /(?:^|\s)ai-sdk\//;

const JSON_TYPE = /(?:^|,)\s*application\/json\s*(?:[;,]|$)/i;
const STREAM_TYPE = /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i;

/**
 * Whether it is the GET of a client that speaks Streamable HTTP.
 *
 * [spec] Streamable HTTP: such a client sends `Mcp-Session-Id` if it was given one, and from
 * 2025-06-18 on `MCP-Protocol-Version` with every request behind `initialize`. A client of HTTP+SSE
 * knows no version when it opens its stream; one that opens it again, as the TypeScript SDK does, is
 * an EventSource. And a client of HTTP+SSE asks for nothing but a stream: mcp-remote, which looks for
 * authentication by GETs before it connects, asks as it does with its POSTs.
 */
export function isStreamableGet(req: McpSseRequest): boolean {
  const { headers } = req;
  if ('mcp-session-id' in headers) return true;
  if (acceptsBoth(headers.accept) && !isEventSource(req)) return true;
  const version = headers['mcp-protocol-version'];
  if (version === undefined || version === ONLY_SSE || isEventSource(req)) return false;
  return !AI_SDK.test(headers['user-agent'] ?? '');
}

/** [spec] Streamable HTTP: what a client must accept as the answer to a POST. */
function acceptsBoth(accept: string | undefined): boolean {
  return accept !== undefined && JSON_TYPE.test(accept) && STREAM_TYPE.test(accept);
}
