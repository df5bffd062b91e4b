// The hooks of the application.
import type { Request } from 'express';

import type { McpSseError } from '../../errors.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { CloseReason, Session } from '../session.js';

/**
 * Functions of the application that run at the events of a session. They may be async.
 * Only `onConnect` can refuse or delay anything. Any other hook that throws, rejects, or takes
 * longer than `limits.hookTimeoutMs` is reported to `onError` (`hook-failed`, `hook-timeout`) and
 * otherwise ignored.
 */
export interface McpSseHooks<Data = unknown> {
  /**
   * Runs before a stream is accepted. The return value becomes `session.data`; `false` refuses the
   * stream with 403. A throw refuses it too: an `McpSseError` with the status of its code; an error
   * of `http-errors` or `@hapi/boom` with its own status (400 to 599) and headers, and with its
   * message if `expose` is true; anything else, or a timeout, with 500.
   * `signal` is aborted if the client leaves meanwhile: then no session opens, and `onSessionClose`
   * does not run.
   */
  onConnect?: (
    req: Request,
    context: { readonly signal: AbortSignal },
  ) => Data | false | Promise<Data | false>;
  /** Runs when the stream is open and its `endpoint` event is on its way. */
  onSessionOpen?: (session: Session<Data>) => unknown;
  /**
   * Runs once when the handshake is done: the session's `clientInfo`, `clientCapabilities` and
   * `protocolVersion` are known, and the server may send requests.
   */
  onInitialize?: (session: Session<Data>) => unknown;
  /** Runs when a message of the client was accepted, before the server gets it. */
  onReceive?: (message: JsonRpcMessage, session: Session<Data>) => unknown;
  /** Runs when a message was accepted for the stream. */
  onSend?: (message: JsonRpcMessage, session: Session<Data>) => unknown;
  /**
   * Runs when the stream of a session is lost and its client may return within `resume.windowMs`.
   * Running requests go on; messages to the client wait.
   */
  onSessionDetach?: (session: Session<Data>, reason: CloseReason) => unknown;
  /** Runs when the client of a session is back: a new stream continues where the old one stopped. */
  onSessionResume?: (session: Session<Data>) => unknown;
  /**
   * Runs when the session continues on another node, `node`. Here it is over, without
   * `onSessionClose`. Only with an `adapter`, when this node shuts down.
   */
  onSessionHandOver?: (session: Session<Data>, node: string) => unknown;
  /**
   * Runs when a session of another node continues here, in place of `onSessionOpen`. Its client may
   * not be back yet: then `onSessionResume` runs later.
   */
  onSessionRestore?: (session: Session<Data>) => unknown;
  /**
   * Runs when the session has closed: once for every `onSessionOpen`, after that has settled. A
   * session that moves between nodes closes on the last one.
   */
  onSessionClose?: (session: Session<Data>, reason: CloseReason) => unknown;
  /**
   * Runs after a failure that no caller sees, or that ended a session. Without it the server's own
   * faults go to `console.error`, each code at most once a second.
   */
  onError?: (error: McpSseError, session?: Session<Data>) => unknown;
}
