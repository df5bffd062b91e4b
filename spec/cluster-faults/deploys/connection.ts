import type { Numbered } from './answers.js';

/** A client's connection, whatever it is made of. */
export interface Connection {
  /** Calls a tool; resolves to its text. Rejects with the JSON-RPC error, which has its `code`. */
  call(name: string): Promise<string>;
  /** Asks for warnings and above. */
  setLevel(): Promise<unknown>;
  subscribe(uri: string): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Receives what a client is given. */
export interface ConnectionListener {
  /** The data of a notification. */
  readonly onData: (data: unknown) => void;
  readonly onError: (error: unknown) => void;
  /** The client has been told that its session is gone. */
  readonly onLost: () => void;
}

/** The data of a notification, if it is one of the numbered. */
export function numbered(data: unknown): Numbered | undefined {
  const { node, to, n, epoch } = (data ?? {}) as Partial<Numbered>;
  if (node === undefined || to === undefined || n === undefined || epoch === undefined) {
    return undefined;
  }
  return { node, to, n, epoch };
}
