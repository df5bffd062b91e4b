// Repeats a client's handshake and settings for the new server of its session.
import { McpSseError } from '../../errors.js';
import { isRecord } from '../../util/guards.js';
import { withDeadline } from '../../util/promises.js';
import { answeredId, type JsonRpcMessage, type JsonRpcResponse } from '../../wire/json-rpc.js';
import type { LiveSession } from '../live-session.js';
import type { RequestFacts } from '../request-facts.js';

const DONE = Promise.resolve();
/** Ids of our requests. No client uses them or sees their answers. */
const ID_PREFIX = 'express-mcp-sse:replay:';
/** Facts for requests that were made on another node: headers and `authInfo` do not travel. */
export const NO_FACTS: RequestFacts = {
  headers: {},
  url: 'http://localhost/',
  authInfo: undefined,
};

/**
 * Sends `initialize`, `notifications/initialized`, the logging level and the subscriptions again,
 * to a server that takes the session over. The client does not see the answers.
 *
 * @throws McpSseError (as a rejection) `server-failed` if the server offers less than the former
 * one or refuses any of it, `hook-timeout` if it takes too long
 */
export async function replayHandshake<Data>(
  session: LiveSession<Data>,
  timeoutMs: number,
): Promise<void> {
  await replaying(session, timeoutMs, (replay) => replay.run());
}

/**
 * Sends `initialize` and `notifications/initialized` to the server for a client that does not,
 * because it has done so in a lost session. The client does not see the answers.
 *
 * @throws McpSseError (as a rejection) `server-failed` if the server refuses or speaks another
 * version than the client, `hook-timeout` if it takes too long
 */
export async function introduceClient<Data>(
  session: LiveSession<Data>,
  protocolVersion: string,
  capabilities: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<void> {
  await replaying(session, timeoutMs, (replay) => replay.introduce(protocolVersion, capabilities));
}

async function replaying<Data>(
  session: LiveSession<Data>,
  timeoutMs: number,
  work: (replay: Replay<Data>) => Promise<void>,
): Promise<void> {
  const late = (): McpSseError =>
    new McpSseError(
      'hook-timeout',
      'the server did not answer the handshake within limits.hookTimeoutMs',
    );
  try {
    await withDeadline(work(new Replay(session)), timeoutMs, late);
  } finally {
    session.intercept = undefined;
  }
}

class Replay<Data> {
  readonly #session: LiveSession<Data>;
  #count = 0;
  #waiting:
    { readonly id: string; readonly resolve: (answer: JsonRpcResponse) => void } | undefined;

  constructor(session: LiveSession<Data>) {
    this.#session = session;
    session.intercept = (message) => this.#take(message);
  }

  async run(): Promise<void> {
    const { handshake } = this.#session;
    const { initializeParams, serverCapabilities, protocolVersion, settings } = handshake;
    // No `initialize` was answered on the former node, so there is nothing to replay.
    if (!initializeParams) return;
    const offered = await this.#request('initialize', initializeParams);
    checkVersion(protocolVersion, offered.protocolVersion);
    checkCapabilities(serverCapabilities, offered.capabilities);
    if (!handshake.done) return;
    this.#say({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const { level } = settings;
    if (level !== undefined) await this.#request('logging/setLevel', { level });
    for (const uri of settings.subscriptions) await this.#request('resources/subscribe', { uri });
  }

  async introduce(
    protocolVersion: string,
    capabilities: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const clientInfo = { name: 'unknown', version: '0' };
    const params = { protocolVersion, capabilities, clientInfo };
    const offered = await this.#request('initialize', params);
    checkVersion(protocolVersion, offered.protocolVersion);
    const { handshake } = this.#session;
    handshake.adopt(capabilities, isRecord(offered.capabilities) ? offered.capabilities : {});
    this.#say({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  async #request(
    method: string,
    params: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const id = `${ID_PREFIX}${String((this.#count += 1))}`;
    const answered = new Promise<JsonRpcResponse>((resolve) => (this.#waiting = { id, resolve }));
    this.#say({ jsonrpc: '2.0', id, method, params });
    const answer = await answered;
    if ('result' in answer) return answer.result;
    throw new McpSseError('server-failed', `the new server of the session refused ${method}`);
  }

  #say(message: JsonRpcMessage): void {
    this.#session.receiver.say(message, NO_FACTS);
  }

  /** Takes the answers to the replay. The client gets all other messages of the server. */
  #take(message: JsonRpcMessage): Promise<void> | undefined {
    const id = answeredId(message);
    if (id === undefined || id !== this.#waiting?.id) return undefined;
    this.#session.receiver.inFlight.release(id);
    this.#waiting.resolve(message as JsonRpcResponse);
    return DONE;
  }
}

function checkVersion(before: string | undefined, now: unknown): void {
  if (before === now) return;
  throw new McpSseError(
    'server-failed',
    'the new server of the session speaks another protocol version than the session has negotiated',
  );
}

function checkCapabilities(before: unknown, now: unknown): void {
  const missing = missingIn(before, now);
  if (missing === undefined) return;
  throw new McpSseError(
    'server-failed',
    `the new server of the session offers less than the one before: no ${missing}`,
  );
}

/** The path of the first capability in `before` that is missing in `now`. */
function missingIn(before: unknown, now: unknown): string | undefined {
  if (!isRecord(before)) return undefined;
  const offered = isRecord(now) ? now : {};
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined || value === false || value === null) continue;
    const own = offered[name];
    if (own === undefined || own === false || own === null) return name;
    const inside = missingIn(value, own);
    if (inside !== undefined) return `${name}.${inside}`;
  }
  return undefined;
}
