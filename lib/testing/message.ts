// Received messages, and the ways in which a test selects one.
import type { RequestId } from '../index.js';
import type { ReceivedEvent } from '../wire/sse-parser.js';

/** A message from the server, of any kind. Members that its kind does not have are undefined. */
export interface ReceivedMessage {
  readonly jsonrpc: '2.0';
  readonly id?: RequestId | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/**
 * Selects a message: by the method of a request or notification, or the id of an answer (string),
 * by the id of an answer (number), or by a function.
 */
export type Match = string | number | ((message: ReceivedMessage, event: ReceivedEvent) => boolean);

/** A match, and its name in errors. */
export interface Wanted {
  readonly name: string;
  readonly matches: (message: ReceivedMessage, event: ReceivedEvent) => boolean;
}

export function wanted(match: Match | undefined): Wanted {
  if (match === undefined) return { name: 'message', matches: () => true };
  if (typeof match === 'function') return { name: 'message that the test picks', matches: match };
  if (typeof match === 'number') return answerTo(match, `answer with the id ${match}`);
  const { matches } = answerTo(match, '');
  return {
    name: `message "${match}"`,
    matches: (message, event) => message.method === match || matches(message, event),
  };
}

/** The answer to one request: the server's own requests may have the same id. */
export function answerTo(id: RequestId, name: string): Wanted {
  return { name, matches: (message) => message.method === undefined && message.id === id };
}

/** The message in an event; undefined if it has none. */
export function messageOf({ event, data }: ReceivedEvent): ReceivedMessage | undefined {
  if (event !== 'message') return undefined;
  try {
    const parsed: unknown = JSON.parse(data);
    return typeof parsed === 'object' && parsed !== null ? (parsed as ReceivedMessage) : undefined;
  } catch {
    return undefined;
  }
}
