// The members of a response that the writer needs.
/** The members of a response that the writer needs. `http.ServerResponse` has them. */
export interface WritableResponse {
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly writableEnded: boolean;
  /** Whether a `drain` will follow; undefined if the response cannot tell. */
  readonly writableNeedDrain?: boolean;
  /** The connection below, if there is one: why it failed, and whether it is full. */
  readonly socket?: {
    readonly errored?: Error | null;
    readonly writableNeedDrain?: boolean;
    /** The peer has sent the end of its side, and it was read. */
    readonly readableEnded?: boolean;
  } | null;
  /** False asks the writer to wait for `drain`. Middleware may wrap it and return nothing. */
  write(chunk: string): boolean | void;
  end(): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `compression` adds it; without a flush it holds events back. */
  flush?: () => void;
}

/**
 * Whether to wait for `drain` after a write that returned `clear`. Middleware that wraps `write`
 * may return anything: only `false` counts, and only if response or socket confirm it. A response
 * with a `flush` buffers by itself, as `compression` does, so its `false` counts without that.
 */
export function wantsDrain(response: WritableResponse, clear: unknown): boolean {
  if (clear === true) return false;
  if (clear !== false) return response.writableNeedDrain === true;
  return response.flush !== undefined || !hasRoom(response);
}

/** Whether the peer has closed the connection in good order, by a FIN. Not known counts as no. */
export function isClosedByPeer({ socket }: WritableResponse): boolean {
  return socket?.readableEnded === true && !socket.errored;
}

/** Whether response and socket both say that no `drain` is needed. */
export function hasRoom({ writableNeedDrain, socket }: WritableResponse): boolean {
  return writableNeedDrain === false && socket?.writableNeedDrain === false;
}
