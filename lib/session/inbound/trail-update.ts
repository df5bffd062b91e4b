// What a trail of calls tells another node, as plain data.
import type { JsonRpcRequest, RequestId } from '../../wire/json-rpc.js';

/** How a returning client names the session, and who it must be. */
export interface TrailHead {
  readonly id: string;
  readonly token?: string | undefined;
  readonly key?: string | undefined;
  readonly principal?: string | undefined;
  readonly address?: string | undefined;
}

/** News of the calls of a session, as plain data. */
export interface TrailUpdate {
  /** Names the session among those of its node. */
  readonly n: number;
  /** Set if the other node does not know the session yet. */
  readonly head?: TrailHead;
  /** Running calls: their ids, or the whole requests if they may run again. */
  readonly begun?: readonly (RequestId | JsonRpcRequest)[];
  /** Answered calls, with the offsets of their answers. */
  readonly answered?: readonly (readonly [RequestId, number])[];
  /** Calls that the client no longer waits for. */
  readonly over?: readonly RequestId[];
  /** The client has read the answers up to this offset. */
  readonly read?: number;
  /** The session is over. */
  readonly ended?: true;
}
