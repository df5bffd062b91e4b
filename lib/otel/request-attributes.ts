// The name and the attributes of a request's span.
import type { Attributes } from '@opentelemetry/api';

import type { JsonRpcRequest } from '../index.js';
import { cutOff } from '../util/cut-off.js';
import { isRecord } from '../util/guards.js';

/** The most characters to keep of a value that clients choose: spans wait for their export. */
export const MAX_CHARS = 128;
const MAX_URI_CHARS = 512;

/** The name and the attributes of a request's span. */
export interface Described {
  readonly name: string;
  readonly attributes: Attributes;
  /** The tool or prompt that the request names. */
  readonly target: { readonly key: string; readonly name: string } | undefined;
}

/** [spec] Semantic conventions for MCP: `{mcp.method.name} {target}`. */
export function describe({ id, method, params = {} }: JsonRpcRequest): Described {
  const shown = cutOff(method, MAX_CHARS);
  const target = targetOf(method, params);
  const { uri } = params;
  return {
    name: target ? `${shown} ${target.name}` : shown,
    target,
    attributes: {
      'mcp.method.name': shown,
      'jsonrpc.request.id': cutOff(String(id), MAX_CHARS),
      ...operationOf(method),
      ...(target && { [target.key]: target.name }),
      // Not in the name of the span: there are too many URIs.
      ...(method.startsWith('resources/') &&
        typeof uri === 'string' && { 'mcp.resource.uri': cutOff(uri, MAX_URI_CHARS) }),
    },
  };
}

/** [spec] Set for tool calls, and not otherwise. */
export function operationOf(method: string): Attributes {
  return method === 'tools/call' ? { 'gen_ai.operation.name': 'execute_tool' } : {};
}

function targetOf(method: string, params: Record<string, unknown>): Described['target'] {
  if (method === 'tools/call') return named('gen_ai.tool.name', params.name);
  if (method === 'prompts/get') return named('gen_ai.prompt.name', params.name);
  const { ref } = params;
  if (method !== 'completion/complete' || !isRecord(ref)) return undefined;
  return ref.type === 'ref/prompt' ? named('gen_ai.prompt.name', ref.name) : undefined;
}

function named(key: string, name: unknown): Described['target'] {
  return typeof name === 'string' ? { key, name: cutOff(name, MAX_CHARS) } : undefined;
}
