/** How long a session waits for its client, in milliseconds. */
export const WINDOW_MS = 15_000;

/** What the server says. */
export interface SoakProtocol {
  /** The port. */
  readonly ready: number;
  readonly answers: { state: State };
}

export interface State {
  readonly sessions: number;
  readonly connections: number;
  readonly opened: number;
  readonly closed: number;
  /** Closes by reason, and errors and refusals by code. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly detached: number;
  readonly resumed: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Calls of the open and close hooks, and of those the ones in a wrong order. */
  readonly hooks: { readonly open: number; readonly close: number; readonly unbalanced: number };
  /** MiB after a collection of garbage. */
  readonly heap: number;
  readonly timers: number;
  /** The longest delay of the event loop since the last state, in milliseconds. */
  readonly late: number;
  readonly resources: readonly string[];
  /** Unhandled rejections and uncaught exceptions. */
  readonly uncaught: readonly string[];
}
