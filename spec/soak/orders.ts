/** What the server is asked for, and what it says. */
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
  /** What the hooks were told. */
  readonly hooks: { readonly open: number; readonly close: number; readonly unbalanced: number };
  /** MiB after a collection of garbage. */
  readonly heap: number;
  readonly timers: number;
  /** The longest that the event loop was late since the last state, in milliseconds. */
  readonly late: number;
  readonly resources: readonly string[];
  /** Rejections that nobody handled, and errors that nobody caught. */
  readonly uncaught: readonly string[];
}

export type Order = 'state' | 'stop';

export type FromServer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'state'; readonly state: State };
