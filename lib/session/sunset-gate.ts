// Admits a session, or refuses it because HTTP+SSE has ended for its client.
import type { McpSseError } from '../errors.js';
import {
  errorResponseFor,
  isRequest,
  RpcCode,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '../wire/json-rpc.js';
import { namesOf, type Usage } from './events/usage.js';
import { clientInfoOf } from './inbound/handshake.js';
import type { LiveSession } from './live-session.js';
import type { Sunset, SunsetCaller } from './sunset.js';

/** Decides once for each session, by its first request. Running sessions go on. */
export class SunsetGate<Data> {
  readonly #sunset: Sunset;
  readonly #usage: Usage;
  readonly #refused: (error: McpSseError) => void;

  /** @param refused called with each refusal. Must not throw. */
  constructor(sunset: Sunset, usage: Usage, refused: (error: McpSseError) => void) {
    this.#sunset = sunset;
    this.#usage = usage;
    this.#refused = refused;
  }

  /**
   * Returns whether the messages may pass to the session's server. If not, it answers the requests
   * with the refusal and closes the session.
   */
  pass(session: LiveSession<Data>, messages: readonly JsonRpcMessage[]): boolean {
    if (session.admitted || session.handshake.started) return true;
    const requests = messages.filter(isRequest);
    const first = requests.find(({ method }) => method !== 'ping');
    if (!first) return true;
    const caller: SunsetCaller = { ...callerOf(session), clientInfo: introductionOf(first) };
    const error = this.#sunset.refusalOf(caller, session.id);
    if (error) this.#refuse(session, requests, caller, error);
    else session.admitted = true;
    return !error;
  }

  /** Sends the client the notice, once, as a log message. */
  initialized(session: LiveSession<Data>): void {
    // [spec] Only a server that has declared `logging` may send log messages.
    if (!session.handshake.serverLogs) return;
    const text = this.#sunset.noticeFor(callerOf(session));
    if (text === undefined) return;
    const params = { level: 'warning', logger: 'sunset', data: text };
    void session.notify('notifications/message', params);
  }

  #refuse(
    session: LiveSession<Data>,
    requests: readonly JsonRpcRequest[],
    { principal, userAgent, clientInfo }: SunsetCaller,
    error: McpSseError,
  ): void {
    const version = requests.find(({ method }) => method === 'initialize')?.params?.protocolVersion;
    session.usage.row = this.#usage.refused({
      ...namesOf(clientInfo),
      protocolVersion: typeof version === 'string' ? version : session.protocolVersion,
      principal,
      userAgent,
      transport: 'sse',
    });
    this.#refused(error);
    const details = this.#sunset.detailsOf(error);
    for (const { id } of requests)
      void session.send(errorResponseFor(id, RpcCode.serverError, error.message, details));
    session.close('sunset');
  }
}

const callerOf = <Data>({ principal, usage, clientInfo }: LiveSession<Data>): SunsetCaller => ({
  principal,
  userAgent: usage.userAgent,
  clientInfo,
});

const introductionOf = ({ method, params }: JsonRpcRequest): SunsetCaller['clientInfo'] =>
  method === 'initialize' ? clientInfoOf(params?.clientInfo) : undefined;
