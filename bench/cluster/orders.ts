/** What the generator may ask of a node, each with its answer. */
export interface Orders {
  /** CPU time used so far by the whole process, in µs. */
  cpu: { takes: undefined; gives: number };
  /** How many nodes it is in touch with, itself included; streams to clients of other nodes. */
  state: { takes: undefined; gives: { nodes: number; lent: number } };
  /** Numbered notifications with the time at which they are sent. Answers once all are sent. */
  push: { takes: Push; gives: undefined };
}

export type OrderName = keyof Orders;

export interface Push {
  readonly sessions: readonly string[];
  /** In all, one session after the other. */
  readonly count: number;
  /** Messages per second; undefined: as fast as they are taken. */
  readonly rate?: number | undefined;
}

/** The clock that all processes of this machine share, in ms. */
export const clock = (): number => performance.timeOrigin + performance.now();
