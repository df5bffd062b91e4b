// Finds the node of a session, also of one that has moved.
import { McpSseError } from '../errors.js';
import type { Claimant, Host } from '../session/host.js';
import type { LocalHost } from '../session/local-host.js';
import { sessionNotFound } from '../session/session-not-found.js';
import type { Probes } from '../session/resume/probes.js';
import type { MovedSessions } from './handover/moved-sessions.js';
import { Whereabouts } from './handover/whereabouts.js';
import type { Membership } from './membership.js';
import { nodeOfSession } from './node-name.js';
import type { Peer } from './peer.js';
import { unreachable } from './rpc/outgoing-calls.js';
import { RemoteHost, UnknownHost } from './rpc/remote-host.js';

/** The most moves of a session that one request follows. */
const MAX_MOVES = 4;

/** The session of a returning client, and its host. */
export interface Located {
  readonly host: Host;
  readonly sessionId: string;
}

/** The parts of a locator. */
export interface LocatorParts<Data> {
  readonly node: string;
  readonly localHost: LocalHost<Data>;
  readonly probes: Probes;
  readonly moved: MovedSessions;
  /** Undefined if this is the only node. */
  readonly membership: Membership | undefined;
}

/**
 * Finds the node of a session. Its id names the node that opened it. Only if that node is gone, the
 * session may have moved, and a search is needed.
 */
export class Locator<Data> {
  readonly #parts: LocatorParts<Data>;
  readonly #whereabouts: Whereabouts | undefined;

  constructor(parts: LocatorParts<Data>) {
    this.#parts = parts;
    const { membership, moved } = parts;
    this.#whereabouts = membership && new Whereabouts(membership, moved);
  }

  /** The host of the session with that id, whether or not the session exists. */
  hostOf(sessionId: string): Host {
    const node = this.#ownerOf(sessionId);
    return node === undefined ? this.#parts.localHost : this.#host(node);
  }

  /**
   * Asks the other nodes for a session whose node is gone or unknown. Resolves when they have
   * answered; undefined if there is nothing to ask.
   */
  located(sessionId: string): Promise<void> | undefined {
    const node = this.#ownerOf(sessionId);
    return node === undefined ? undefined : this.#ask(node, sessionId);
  }

  /**
   * Finds the session of a stream that the client claims and `node` opened.
   *
   * @throws McpSseError as `Host.find`
   */
  async locate(node: string, token: string, client: Claimant): Promise<Located> {
    const { localHost, moved } = this.#parts;
    const ownerNow = (): string | undefined =>
      localHost.hasAdopted(client) ? undefined : (moved.get(token) ?? node);
    const owner = ownerNow();
    if (owner !== undefined) await this.#ask(owner, token);
    const asked = ownerNow();
    try {
      return await this.#find(asked, client);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const told = asked === undefined ? undefined : this.#ask(asked, token);
      await told;
      const next = ownerNow();
      if (!told && next === asked) throw error;
      return this.#find(next, client);
    }
  }

  /**
   * Awaits a request at `host`, and repeats it at the session's next host if the session has moved.
   */
  async follow(
    sessionId: string,
    host: Host,
    asked: void | Promise<void>,
    ask: (host: Host) => void | Promise<void>,
  ): Promise<void> {
    let answer = asked;
    // The node of the first request. By now the session may be about to arrive here.
    let owner = host instanceof RemoteHost ? host.node : this.#ownerOf(sessionId);
    for (let moves = 0; ; moves += 1) {
      try {
        await answer;
        return;
      } catch (error) {
        if (!isNotFound(error) || moves >= MAX_MOVES) throw error;
        // The session was not there, so the request has certainly not run. A node that has ended
        // meanwhile may have handed the session over before.
        const told = owner === undefined ? undefined : this.#ask(owner, sessionId);
        await told;
        const next = this.#ownerOf(sessionId);
        if (!told && next === owner) throw error;
        owner = next;
        answer = ask(this.hostOf(sessionId));
      }
    }
  }

  async #find(owner: string | undefined, client: Claimant): Promise<Located> {
    const host = owner === undefined ? this.#parts.localHost : this.#host(owner);
    return { host, sessionId: await host.find(client) };
  }

  /** The node of the session, as far as this node knows; undefined for this one. */
  #ownerOf(sessionId: string): string | undefined {
    const { membership, localHost, moved } = this.#parts;
    const named = membership && nodeOfSession(sessionId);
    if (named === undefined || localHost.has(sessionId)) return undefined;
    return moved.get(sessionId) ?? named;
  }

  /**
   * The host for sessions of that node. Requests to an unknown node fail at once, because clients
   * can invent names.
   */
  #host(node: string): Host {
    const { membership, localHost, probes } = this.#parts;
    if (node === this.#parts.node) return localHost;
    const peer = membership?.peer(node);
    // Its sessions may live on a node that is silent at the moment.
    const mayHaveMoved = peer?.isKnownToBeGone === true && !this.#whereabouts?.hasAll(node);
    if (mayHaveMoved) return new UnknownHost(unreachable(), probes);
    if (peer) return new RemoteHost(peer, probes, () => this.#undeliverable(peer));
    return new UnknownHost(membership?.unknownNode() ?? sessionNotFound(), probes);
  }

  /** The error if nothing can be delivered to the peer now; undefined if it can. */
  #undeliverable(peer: Peer): McpSseError | undefined {
    if (peer.isKnownToBeGone) return sessionNotFound();
    return peer.ended || !this.#parts.membership?.up ? unreachable() : undefined;
  }

  #ask(node: string, name: string): Promise<void> | undefined {
    const { membership, moved } = this.#parts;
    if (!membership || node === this.#parts.node || moved.get(name) !== undefined) return undefined;
    const peer = membership.peer(node);
    if (peer) return peer.ended ? this.#whereabouts?.ask(node) : undefined;
    const told = this.#whereabouts?.ask(node);
    return told || membership.discovery.of(node) ? this.#meet(node, name, told) : undefined;
  }

  /** A node that has just begun may get requests for nodes that it will hear a little later. */
  async #meet(node: string, name: string, told: Promise<void> | undefined): Promise<void> {
    const { membership, moved } = this.#parts;
    await told;
    if (moved.get(name) !== undefined) return;
    await membership?.discovery.of(node);
    // Meanwhile others may have come, to which the session has moved.
    if (!membership?.peer(node)) await this.#whereabouts?.ask(node);
  }
}

function isNotFound(error: unknown): boolean {
  return McpSseError.from(error).code === 'session-not-found';
}
