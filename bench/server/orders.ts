/** What the generator may ask of a server's process, each with its answer. */
export interface Orders {
  /** CPU time used so far by the whole process, in µs. */
  cpu: { takes: undefined; gives: number };
  /** After a garbage collection. */
  memory: { takes: undefined; gives: Memory };
  /** The sessions' ids in the order in which they are numbered from now on; numbers begin at 0. */
  enrol: { takes: undefined; gives: string[] };
  /** How many sessions are open. */
  count: { takes: undefined; gives: number };
  /** All of it sent, and awaited where it is awaited. */
  push: { takes: Push; gives: undefined };
  broadcast: { takes: Broadcast; gives: undefined };
  /** Answers once all is sent or the session is closed. */
  stall: { takes: Stall; gives: Stalled };
}

export type OrderName = keyof Orders;

export interface Memory {
  readonly heapUsed: number;
  /** The heap and the buffers outside it. */
  readonly held: number;
  readonly rss: number;
}

export interface Push {
  /** burst: nothing awaited; await: each send awaited; turns: one message per turn of the loop. */
  readonly how: 'burst' | 'await' | 'turns';
  /** Messages in all, spread evenly over the sessions. */
  readonly count: number;
  readonly bytes: number;
}

export interface Broadcast {
  readonly count: number;
  readonly bytes: number;
}

export interface Stall {
  /** The number of the session that has stopped to read. */
  readonly session: number;
  readonly totalBytes: number;
  readonly maxBodyBytes: number;
}

export interface Stalled {
  readonly sentBytes: number;
  /** Why the last send failed, if one did. */
  readonly refusal: string | undefined;
  readonly afterMs: number;
}

export interface Order<N extends OrderName = OrderName> {
  readonly id: number;
  readonly name: N;
  readonly takes: Orders[N]['takes'];
}

export type Report =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'done'; readonly id: number; readonly gives: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };
