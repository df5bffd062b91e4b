// Recognizes GETs of Streamable HTTP clients at the stream's URL.
import type { McpSseRequest } from '../../session/request-facts.js';
import { isEventSource } from '../get/resume-request.js';

/** The one version with HTTP+SSE alone: the Java client sends it with its first GET. */
const ONLY_SSE = '2024-11-05';

/** The AI SDK: the GETs of its two transports differ only by the session id. */
const AI_SDK = /(?:^|\s)ai-sdk\//;

const JSON_TYPE = /(?:^|,)\s*application\/json\s*(?:[;,]|$)/i;
const STREAM_TYPE = /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i;

/**
 * Whether a GET comes from a client of Streamable HTTP.
 *
 * [spec] Streamable HTTP: such a client sends `Mcp-Session-Id` if it got one, and from 2025-06-18
 * on `MCP-Protocol-Version` with every request after `initialize`. A client of HTTP+SSE knows no
 * version when it opens its stream; one that opens it again, as the TypeScript SDK does, is an
 * EventSource. And a client of HTTP+SSE accepts only a stream: mcp-remote, whose GETs look for
 * authentication before it connects, accepts JSON too.
 */
export function isStreamableGet(req: McpSseRequest): boolean {
  const { headers } = req;
  if ('mcp-session-id' in headers) return true;
  if (acceptsBoth(headers.accept) && !isEventSource(req)) return true;
  const version = headers['mcp-protocol-version'];
  if (version === undefined || version === ONLY_SSE || isEventSource(req)) return false;
  return !AI_SDK.test(headers['user-agent'] ?? '');
}

/** [spec] Streamable HTTP: a client must accept both types as the answer to a POST. */
function acceptsBoth(accept: string | undefined): boolean {
  return accept !== undefined && JSON_TYPE.test(accept) && STREAM_TYPE.test(accept);
}
