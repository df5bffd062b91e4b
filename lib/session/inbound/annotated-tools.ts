// Knows which tools may run twice, by their annotations.
import { attempt } from '../../util/foreign-error.js';
import { isRecord } from '../../util/guards.js';
import {
  answeredId,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';

/** The most tools of one session that are remembered, and the most characters of a name. */
const MAX_TOOLS = 1_000;
const MAX_NAME_CHARS = 128;
/** The most characters, as JSON, of a request that is kept. */
const MAX_REQUEST_CHARS = 16 * 1024;

/**
 * The tools of one session that may run twice by their annotations (`readOnlyHint`,
 * `idempotentHint`), read from the answers to `tools/list` as they pass by.
 */
export class AnnotatedTools {
  readonly #names = new Set<string>();
  /** Requests for the list that are not answered. */
  readonly #lists = new Set<RequestId>();

  received({ id, method }: JsonRpcRequest): void {
    if (method === 'tools/list') this.#lists.add(id);
  }

  /** [spec] A cancelled request is not answered. */
  cancelled(id: RequestId): void {
    this.#lists.delete(id);
  }

  /** A message of the server. */
  sent(message: JsonRpcMessage): void {
    attempt(() => {
      this.#read(message);
    }, undefined);
  }

  /** Whether the request calls one of these tools and is small enough to be kept. */
  mayRunTwice({ id, method, params }: JsonRpcRequest): boolean {
    const name = params?.name;
    if (method !== 'tools/call' || typeof name !== 'string' || !this.#names.has(name)) return false;
    return JSON.stringify({ id, params }).length <= MAX_REQUEST_CHARS;
  }

  #read(message: JsonRpcMessage): void {
    // The next list may have other annotations.
    if ('method' in message && message.method === 'notifications/tools/list_changed') {
      this.#names.clear();
    }
    const id = answeredId(message);
    if (id === undefined || !this.#lists.delete(id) || !('result' in message)) return;
    const { tools } = message.result;
    for (const tool of Array.isArray(tools) ? (tools as unknown[]) : []) this.#note(tool);
  }

  #note(tool: unknown): void {
    if (!isRecord(tool) || typeof tool.name !== 'string') return;
    const { name, annotations } = tool;
    const { readOnlyHint, idempotentHint } = isRecord(annotations) ? annotations : {};
    if (readOnlyHint !== true && idempotentHint !== true) this.#names.delete(name);
    else if (this.#names.size < MAX_TOOLS && name.length <= MAX_NAME_CHARS) this.#names.add(name);
  }
}
