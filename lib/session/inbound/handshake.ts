// Reads `initialize` and its answer as they pass by.
import { McpSseError } from '../../errors.js';
import { attempt } from '../../util/foreign-error.js';
import { isRecord } from '../../util/guards.js';
import {
  isAnswer,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';
import { parsedSizeOfMessage } from '../../wire/json-size.js';
import { ClientSettings, type ClientSettingsState } from './client-settings.js';

/**
 * The most characters of a client's name, version and title, and of the id of its `initialize`,
 * which live as long as its session.
 */
const MAX_NAME_CHARS = 256;
/** The most bytes of a client's capabilities as JSON, which live as long. */
const MAX_CAPABILITIES_BYTES = 16 * 1024;

/** Name and version of a client, as it introduces itself. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** What was said in a handshake, and what the client has set since, as plain data. */
export interface HandshakeState extends ClientSettingsState {
  readonly clientInfo?: ClientInfo | undefined;
  readonly clientCapabilities?: Readonly<Record<string, unknown>> | undefined;
  readonly serverCapabilities?: Readonly<Record<string, unknown>> | undefined;
  readonly requestedVersion?: string | undefined;
  readonly protocolVersion?: string | undefined;
  readonly initializeId?: RequestId | undefined;
  readonly answered: boolean;
}

/** What `initialize` and its answer say about the client. */
export class Handshake {
  /** What the client has set since. */
  readonly settings: ClientSettings = new ClientSettings();
  clientInfo: ClientInfo | undefined;
  clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  protocolVersion: string | undefined;
  /** As the server has answered; the object is the server's own. */
  serverCapabilities: Readonly<Record<string, unknown>> | undefined;
  #requestedVersion: string | undefined;
  #clientBytes = 0;
  #initializeId: RequestId | undefined;
  /** `initialize` was answered, and the client has not gone on yet. */
  #answered = false;

  /** Whether the server has declared that it sends log messages. */
  get serverLogs(): boolean {
    return isRecord(this.serverCapabilities?.logging);
  }

  /** Bytes of memory that it keeps of the client. */
  get heldBytes(): number {
    return this.#clientBytes + this.settings.heldBytes;
  }

  /** Whether it is over, here or in a session that the client had before. */
  get over(): boolean {
    return this.protocolVersion !== undefined && !this.#answered;
  }

  /** Whether `initialize` was answered here, and the client has gone on since. */
  get done(): boolean {
    return this.serverCapabilities !== undefined && !this.#answered;
  }

  /** Whether the client has sent `initialize`; a version that was assumed is none of its doing. */
  get started(): boolean {
    return this.#initializeId !== undefined;
  }

  /** Reads a message of the client, and returns whether the handshake is done with it. */
  received(message: JsonRpcMessage): boolean {
    this.settings.received(message);
    if (isInitialize(message)) {
      this.#initializeId = message.id;
      const { clientInfo, capabilities, protocolVersion } = message.params ?? {};
      if (isVersion(protocolVersion)) this.#requestedVersion = protocolVersion;
      this.clientInfo = clientInfoOf(clientInfo) ?? this.clientInfo;
      if (isRecord(capabilities)) this.clientCapabilities = capabilities;
      this.#clientBytes = sizeOf(this.clientInfo) + sizeOf(this.clientCapabilities);
      return false;
    }
    // [spec] `notifications/initialized` ends it; a client that leaves it out goes on with the next.
    if (!this.#answered || isPing(message)) return false;
    this.#answered = false;
    return true;
  }

  /** Whether it is the answer to `initialize`. One that cannot be read is not. */
  sent(response: JsonRpcMessage): boolean {
    return attempt(() => {
      this.settings.sent(response);
      return this.#read(response);
    }, false);
  }

  #read(response: JsonRpcMessage): boolean {
    if (this.protocolVersion !== undefined || !isAnswer(response)) return false;
    if (response.id !== this.#initializeId || !('result' in response)) return false;
    if (!isRecord(response.result)) return false;
    const { protocolVersion, capabilities } = response.result;
    if (typeof protocolVersion === 'string') this.protocolVersion = protocolVersion;
    this.serverCapabilities = isRecord(capabilities) ? capabilities : {};
    this.#answered = true;
    return true;
  }

  /** A client that lost its session has negotiated before, and will not `initialize` again. */
  assume(protocolVersion: string): void {
    this.protocolVersion = protocolVersion;
  }

  /** What the server was told in the client's place, and what it has answered. */
  adopt(
    clientCapabilities: Readonly<Record<string, unknown>>,
    serverCapabilities: Readonly<Record<string, unknown>>,
  ): void {
    this.clientCapabilities = clientCapabilities;
    this.serverCapabilities = serverCapabilities;
  }

  /** The client's `initialize`, to be said again to another server; undefined if none was answered. */
  get initializeParams(): Record<string, unknown> | undefined {
    if (this.serverCapabilities === undefined) return undefined;
    const { clientInfo = { name: 'unknown', version: '0' }, clientCapabilities = {} } = this;
    const protocolVersion = this.#requestedVersion ?? this.protocolVersion;
    return { protocolVersion, capabilities: clientCapabilities, clientInfo };
  }

  state(): HandshakeState {
    const { clientInfo, clientCapabilities, serverCapabilities, protocolVersion } = this;
    return {
      ...this.settings.state(),
      clientInfo,
      clientCapabilities,
      serverCapabilities,
      protocolVersion,
      requestedVersion: this.#requestedVersion,
      initializeId: this.#initializeId,
      answered: this.#answered,
    };
  }

  restore(state: HandshakeState): void {
    this.settings.restore(state);
    this.clientInfo = state.clientInfo;
    this.clientCapabilities = state.clientCapabilities;
    this.serverCapabilities = state.serverCapabilities;
    this.protocolVersion = state.protocolVersion;
    this.#requestedVersion = state.requestedVersion;
    this.#initializeId = state.initializeId;
    this.#answered = state.answered;
    this.#clientBytes = sizeOf(this.clientInfo) + sizeOf(this.clientCapabilities);
  }
}

/**
 * Refuses an `initialize` whose client would be remembered by too many bytes.
 *
 * @throws McpSseError `invalid-message`
 */
export function checkInitialize(message: JsonRpcMessage): void {
  if (!isInitialize(message)) return;
  if (typeof message.id === 'string' && message.id.length > MAX_NAME_CHARS) {
    throw new McpSseError('invalid-message', 'the id of initialize has over 256 characters');
  }
  const { clientInfo, capabilities } = message.params ?? {};
  const names = isRecord(clientInfo) ? [clientInfo.name, clientInfo.version, clientInfo.title] : [];
  if (names.some((name) => typeof name === 'string' && name.length > MAX_NAME_CHARS)) {
    throw new McpSseError('invalid-message', 'clientInfo has a name of over 256 characters');
  }
  if (!isRecord(capabilities)) return;
  if (Buffer.byteLength(JSON.stringify(capabilities)) > MAX_CAPABILITIES_BYTES) {
    throw new McpSseError('invalid-message', 'the client capabilities are larger than 16 KiB');
  }
}

export const isInitialize = (message: JsonRpcMessage): message is JsonRpcRequest =>
  isRequest(message) && message.method === 'initialize';

const isVersion = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARS;

const isPing = (message: JsonRpcMessage): boolean =>
  'method' in message && message.method === 'ping';

/** What is kept of the name by which a client introduces itself. */
export function clientInfoOf(given: unknown): ClientInfo | undefined {
  return isClientInfo(given) ? copyOf(given) : undefined;
}

function isClientInfo(value: unknown): value is ClientInfo {
  return isRecord(value) && typeof value.name === 'string' && typeof value.version === 'string';
}

/** The text that it is as JSON, for which `checkInitialize` has a bound; parsed, it is larger. */
function sizeOf(kept: object | undefined): number {
  return kept ? parsedSizeOfMessage(kept) : 0;
}

/** Without what else clients say of themselves: icons take kilobytes. */
function copyOf({ name, version, title }: ClientInfo): ClientInfo {
  return typeof title === 'string' ? { name, version, title } : { name, version };
}
