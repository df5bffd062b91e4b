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
 * The most characters of a client's name, version and title, and of the id of its `initialize`: a
 * session keeps them all its life.
 */
const MAX_NAME_CHARS = 256;
/** The most bytes of a client's capabilities as JSON. A session keeps them, too. */
const MAX_CAPABILITIES_BYTES = 16 * 1024;

/** Name and version of a client, from `initialize`. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** A handshake and the client's settings, as plain data. */
export interface HandshakeState extends ClientSettingsState {
  readonly clientInfo?: ClientInfo | undefined;
  readonly clientCapabilities?: Readonly<Record<string, unknown>> | undefined;
  readonly serverCapabilities?: Readonly<Record<string, unknown>> | undefined;
  readonly requestedVersion?: string | undefined;
  readonly protocolVersion?: string | undefined;
  readonly initializeId?: RequestId | undefined;
  readonly answered: boolean;
}

/** The handshake of a session: `initialize`, its answer, and `notifications/initialized`. */
export class Handshake {
  /** The client's settings since the handshake. */
  readonly settings: ClientSettings = new ClientSettings();
  clientInfo: ClientInfo | undefined;
  clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  protocolVersion: string | undefined;
  /** From the server's answer. The object belongs to the server. */
  serverCapabilities: Readonly<Record<string, unknown>> | undefined;
  #requestedVersion: string | undefined;
  #clientBytes = 0;
  #initializeId: RequestId | undefined;
  /** `initialize` was answered, and the client has sent nothing since. */
  #answered = false;

  /** Whether the server has declared that it sends log messages. */
  get serverLogs(): boolean {
    return isRecord(this.serverCapabilities?.logging);
  }

  /** Memory for the client's data, in bytes. */
  get heldBytes(): number {
    return this.#clientBytes + this.settings.heldBytes;
  }

  /** Whether it is over, here or in a lost session of the client. */
  get over(): boolean {
    return this.protocolVersion !== undefined && !this.#answered;
  }

  /** Whether `initialize` was answered here, and the client has sent a message since. */
  get done(): boolean {
    return this.serverCapabilities !== undefined && !this.#answered;
  }

  /** Whether the client has sent `initialize` here. `assume` does not count. */
  get started(): boolean {
    return this.#initializeId !== undefined;
  }

  /** Reads a message of the client. Returns whether it completes the handshake. */
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
    // [spec] `notifications/initialized` ends it. Some clients omit it: any message but a ping will
    // do.
    if (!this.#answered || isPing(message)) return false;
    this.#answered = false;
    return true;
  }

  /** Returns whether it is the answer to `initialize`; false if it cannot be read. */
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

  /**
   * Sets the version that a client has negotiated in a lost session: it does not initialize again.
   */
  assume(protocolVersion: string): void {
    this.protocolVersion = protocolVersion;
  }

  /** Sets the capabilities of a handshake that this package has done for the client. */
  adopt(
    clientCapabilities: Readonly<Record<string, unknown>>,
    serverCapabilities: Readonly<Record<string, unknown>>,
  ): void {
    this.clientCapabilities = clientCapabilities;
    this.serverCapabilities = serverCapabilities;
  }

  /** The parameters of `initialize` for the next server; undefined if none was answered. */
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
 * Refuses an `initialize` with too much data, because a session keeps it.
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

/** Returns the members of a client's `clientInfo` that a session keeps. */
export function clientInfoOf(given: unknown): ClientInfo | undefined {
  return isClientInfo(given) ? copyOf(given) : undefined;
}

function isClientInfo(value: unknown): value is ClientInfo {
  return isRecord(value) && typeof value.name === 'string' && typeof value.version === 'string';
}

/** Memory of a parsed object. It is larger than the JSON, which `checkInitialize` bounds. */
function sizeOf(kept: object | undefined): number {
  return kept ? parsedSizeOfMessage(kept) : 0;
}

/** Copies no other members: icons take kilobytes. */
function copyOf({ name, version, title }: ClientInfo): ClientInfo {
  return typeof title === 'string' ? { name, version, title } : { name, version };
}
