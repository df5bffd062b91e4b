// The diagnostics channels, and the debug log.
import { channel, type Channel } from 'node:diagnostics_channel';

import { isRefusalCode, type McpSseError, type McpSseErrorCode } from '../../errors.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { attempt, stackOf } from '../../util/foreign-error.js';
import { shortId } from '../../util/guards.js';
import { isRequest, isResponse, type JsonRpcMessage } from '../../wire/json-rpc.js';
import type { RequestFacts } from '../request-facts.js';
import type { CloseReason, Session, Sessions } from '../session.js';
import type { UsageCaller } from './usage-rows.js';
import { concealedReason } from '../session-not-found.js';
import { debugLog } from './debug-log.js';
import { performance } from '../../util/timers.js';

/** Facts about a message, without its contents. */
export interface PublishedMessage {
  readonly session: Session;
  readonly kind: 'request' | 'notification' | 'result' | 'error';
  /** Set for requests and notifications. Clients choose it: do not use it as a metric label. */
  readonly method: string | undefined;
  /** Undefined for notifications, and for an error without an id. */
  readonly idType: 'string' | 'number' | undefined;
  /**
   * Out: bytes of its event on the stream, without the ids that resumption adds. In: the
   * `Content-Length` of its POST; undefined without one, and for members of a batch.
   */
  readonly bytes: number | undefined;
}

/** A client, when `usage()` counts it. Its principal is as `usage()` shows it. */
export interface PublishedUse extends UsageCaller {
  /** `'session'`: the client has a new session. `'refused'`: `sunset` has refused it. */
  readonly outcome: 'session' | 'refused';
  /** Undefined for a refused client and for Streamable HTTP. */
  readonly session: Session | undefined;
}

/** The channels of `node:diagnostics_channel`, by name, with what each publishes. */
export interface McpSseChannels {
  'mcp-sse:session.open': { readonly session: Session };
  /** The stream of a session is gone, and its client may return. */
  'mcp-sse:session.detach': { readonly session: Session; readonly reason: CloseReason };
  /** The client has a new stream, after it was away or in the place of its old one. */
  'mcp-sse:session.resume': { readonly session: Session };
  /** The session continues on another node; it is over here. */
  'mcp-sse:session.hand-over': { readonly session: Session; readonly node: string };
  /** A session of another node continues here. */
  'mcp-sse:session.restore': { readonly session: Session };
  'mcp-sse:session.close': { readonly session: Session; readonly reason: CloseReason };
  'mcp-sse:message.in': PublishedMessage;
  'mcp-sse:message.out': PublishedMessage;
  /**
   * A request was refused. `message` never repeats the client's input. `reason` tells the operator
   * more than the client learns, for instance that the session is another principal's; else
   * undefined.
   */
  'mcp-sse:refused': {
    readonly code: McpSseErrorCode;
    readonly message: string;
    readonly reason: string | undefined;
  };
  /** The arguments of `hooks.onError`; `error.cause` is what was thrown. */
  'mcp-sse:error': { readonly error: McpSseError; readonly session: Session | undefined };
  /** The process holds more than `limits.maxTotalBytes`: replays or a session will be dropped. */
  'mcp-sse:budget': { readonly totalBytes: number; readonly maxTotalBytes: number };
  /** A write had to wait for its client, and the wait is over. */
  'mcp-sse:writer.stall': {
    readonly session: Session;
    readonly waitedMs: number;
    /** Bytes that wait behind this write. */
    readonly bufferedBytes: number;
    /** False if the connection was closed instead. */
    readonly drained: boolean;
  };
  /** `usage()` has counted a client: once for each session, and for each refusal by `sunset`. */
  'mcp-sse:usage': PublishedUse;
  /** `close()` of a router has begun, and has finished; `sessions` are that router's. */
  'mcp-sse:shutdown': { readonly sessions: Sessions; readonly finished: boolean };
}

/** One channel. Check `heard` before you build a payload: usually nobody has subscribed. */
class Topic<Name extends keyof McpSseChannels> {
  readonly #channel: Channel;

  constructor(name: Name) {
    this.#channel = channel(name);
  }

  get heard(): boolean {
    return this.#channel.hasSubscribers;
  }

  /** [node] A subscriber that throws becomes an uncaught exception on the next tick. */
  publish(payload: McpSseChannels[Name]): void {
    this.#channel.publish(payload);
  }
}

const opens = new Topic('mcp-sse:session.open');
const detaches = new Topic('mcp-sse:session.detach');
const resumes = new Topic('mcp-sse:session.resume');
const handOvers = new Topic('mcp-sse:session.hand-over');
const restores = new Topic('mcp-sse:session.restore');
const closes = new Topic('mcp-sse:session.close');
const messagesIn = new Topic('mcp-sse:message.in');
const messagesOut = new Topic('mcp-sse:message.out');
const refusals = new Topic('mcp-sse:refused');
const errors = new Topic('mcp-sse:error');
const overruns = new Topic('mcp-sse:budget');
const stalls = new Topic('mcp-sse:writer.stall');
const uses = new Topic('mcp-sse:usage');
const shutdowns = new Topic('mcp-sse:shutdown');

const debug = debugLog.write.bind(debugLog);

/** Publishes events on the diagnostics channels, and writes them to the debug log. */
export const diagnostics = {
  opened(session: Session): void {
    debug('session %s opened', shortId(session.id));
    if (opens.heard) opens.publish({ session });
  },

  detached(session: Session, reason: CloseReason): void {
    debug('session %s detached: %s', shortId(session.id), reason);
    if (detaches.heard) detaches.publish({ session, reason });
  },

  resumed(session: Session): void {
    debug('session %s resumed', shortId(session.id));
    if (resumes.heard) resumes.publish({ session });
  },

  handedOver(session: Session, node: string): void {
    debug('session %s handed over to %s', shortId(session.id), node);
    if (handOvers.heard) handOvers.publish({ session, node });
  },

  restored(session: Session): void {
    debug('session %s restored', shortId(session.id));
    if (restores.heard) restores.publish({ session });
  },

  closed(session: Session, reason: CloseReason): void {
    debug('session %s closed: %s', shortId(session.id), reason);
    if (closes.heard) closes.publish({ session, reason });
  },

  received(session: Session, message: JsonRpcMessage, body: RequestFacts | undefined): void {
    if (!messagesIn.heard) return;
    const length = body?.headers['content-length'];
    messagesIn.publish(described(session, message, length === undefined ? length : Number(length)));
  },

  sent(session: Session, message: JsonRpcMessage, bytes: number): void {
    if (!messagesOut.heard) return;
    // The message comes from the application: it may have getters that throw.
    const published = attempt(() => described(session, message, bytes), undefined);
    if (published) messagesOut.publish(published);
  },

  refused(error: McpSseError): void {
    const { code, message } = error;
    const reason = concealedReason(error);
    // Only the code of the server's own faults: `failed` logs the rest.
    if (debugLog.enabled) {
      if (reason !== undefined) debug('refused: %s: %s; %s', code, message, reason);
      else debug('refused: %s', isRefusalCode(code) ? outline(error) : code);
    }
    if (refusals.heard) refusals.publish({ code, message, reason });
  },

  failed(session: Session | undefined, error: McpSseError): void {
    if (debugLog.enabled)
      debug('session %s: %s', session ? shortId(session.id) : '-', outline(error));
    if (errors.heard) errors.publish({ error, session });
  },

  onErrorFailed(this: void, failure: unknown): void {
    if (debugLog.enabled) debug('onError failed: %s', stackOf(failure));
  },

  overBudget(totalBytes: number, maxTotalBytes: number): void {
    debug('over budget: %d of %d bytes', totalBytes, maxTotalBytes);
    if (overruns.heard) overruns.publish({ totalBytes, maxTotalBytes });
  },

  stalled(session: Session, { lastWriteAt, closed }: ConnectionWriter): void {
    if (!stalls.heard) return;
    const waitedMs = performance.now() - lastWriteAt;
    stalls.publish({ session, waitedMs, bufferedBytes: session.bufferedBytes, drained: !closed });
  },

  used(caller: UsageCaller, outcome: PublishedUse['outcome'], session: Session | undefined): void {
    if (!uses.heard) return;
    const { client, version, protocolVersion, principal, userAgent, transport } = caller;
    const names = { client, version, protocolVersion, principal, userAgent, transport };
    uses.publish({ ...names, outcome, session });
  },

  shutdown(sessions: Sessions, finished: boolean): void {
    debug(finished ? 'shut down' : 'shutting down');
    if (shutdowns.heard) shutdowns.publish({ sessions, finished });
  },
};

function described(
  session: Session,
  message: JsonRpcMessage,
  bytes: number | undefined,
): PublishedMessage {
  const method = 'method' in message ? message.method : undefined;
  const id = 'id' in message ? message.id : undefined;
  return { session, kind: kindOf(message), method, idType: typeOf(id), bytes };
}

function typeOf(id: unknown): PublishedMessage['idType'] {
  if (typeof id === 'string') return 'string';
  return typeof id === 'number' ? 'number' : undefined;
}

function kindOf(message: JsonRpcMessage): PublishedMessage['kind'] {
  if (isResponse(message)) return 'error' in message ? 'error' : 'result';
  return isRequest(message) ? 'request' : 'notification';
}

/** Code and message, and the stack of what was thrown. They may quote a client's input. */
function outline(error: McpSseError): string {
  const cause = attempt(() => error.cause, 'its cause cannot be read');
  const head = `${error.code}: ${error.message}`;
  return cause === undefined ? head : `${head}\n${stackOf(cause)}`;
}
