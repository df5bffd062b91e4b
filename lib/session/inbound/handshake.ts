import { isRecord } from '../../util/guards.js';
import {
  isRequest,
  type JsonRpcMessage,
  type JsonRpcResponse,
  type RequestId,
} from '../../wire/json-rpc.js';

/** Name and version by which a client introduces itself. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** What `initialize` and its answer tell about the client, read as they pass by. */
export class Handshake {
  clientInfo: ClientInfo | undefined;
  clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  protocolVersion: string | undefined;
  #initializeId: RequestId | undefined;

  /** Whether the client has sent `initialize`. */
  get started(): boolean {
    return this.protocolVersion !== undefined || this.#initializeId !== undefined;
  }

  received(message: JsonRpcMessage): void {
    if (!isRequest(message) || message.method !== 'initialize') return;
    this.#initializeId = message.id;
    const { clientInfo, capabilities } = message.params ?? {};
    if (isClientInfo(clientInfo)) this.clientInfo = clientInfo;
    if (isRecord(capabilities)) this.clientCapabilities = capabilities;
  }

  /** Whether it is the answer to `initialize`. */
  sent(response: JsonRpcResponse): boolean {
    if (this.protocolVersion !== undefined || response.id !== this.#initializeId) return false;
    if (!('result' in response) || !isRecord(response.result)) return false;
    const { protocolVersion } = response.result;
    if (typeof protocolVersion === 'string') this.protocolVersion = protocolVersion;
    return true;
  }

  /** A client that lost its session has negotiated before, and will not `initialize` again. */
  assume(protocolVersion: string): void {
    this.protocolVersion = protocolVersion;
  }
}

function isClientInfo(value: unknown): value is ClientInfo {
  return isRecord(value) && typeof value.name === 'string' && typeof value.version === 'string';
}
