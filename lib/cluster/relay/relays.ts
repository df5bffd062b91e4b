// Finds the writers of clients that are connected to other nodes.
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { OwnerResponse } from './owner-response.js';

/** The stream of one of our sessions to a client that is connected to another node. */
export interface Relay {
  /** The node of the client. */
  readonly node: string;
  readonly channel: string;
  readonly response: OwnerResponse;
}

/** Finds the relay of a writer. */
export class Relays {
  readonly #byWriter = new WeakMap<ConnectionWriter, Relay>();

  add(writer: ConnectionWriter, relay: Relay): void {
    this.#byWriter.set(writer, relay);
  }

  /** The relay behind `writer`; undefined for a connection to this node. */
  of(writer: ConnectionWriter | undefined): Relay | undefined {
    return writer && this.#byWriter.get(writer);
  }
}
