// What the writer needs of a response.
/** What the writer needs of a response; `http.ServerResponse` has it, also behind `compression`. */
export interface WritableResponse {
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly writableEnded: boolean;
  /** Whether a `drain` will follow; undefined where a response cannot tell. */
  readonly writableNeedDrain?: boolean;
  /** The connection below, where there is one: what has failed it, and whether it is full. */
  readonly socket?: {
    readonly errored?: Error | null;
    readonly writableNeedDrain?: boolean;
  } | null;
  /** False asks the writer to wait for `drain`. Middleware may wrap it, and return nothing. */
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
 * may return anything: nothing is no `false`, and a `false` that neither response nor socket knows
 * of is not theirs. What has a `flush` keeps bytes of its own, as `compression` does, so that its
 * `false` is believed.
 */
export function wantsDrain(response: WritableResponse, clear: unknown): boolean {
  if (clear === true) return false;
  if (clear !== false) return response.writableNeedDrain === true;
  return response.flush !== undefined || !hasRoom(response);
}

/** Whether response and socket both say that they wait for no `drain`. */
export function hasRoom({ writableNeedDrain, socket }: WritableResponse): boolean {
  return writableNeedDrain === false && socket?.writableNeedDrain === false;
}
