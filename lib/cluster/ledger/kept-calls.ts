// Keeps calls of other nodes, in case one of these is killed.
import type { Claimant } from '../../session/host.js';
import type { TrailHead, TrailUpdate } from '../../session/inbound/trail-update.js';
import { keyOf, type ResumeClaim } from '../../session/resume/resume-claim.js';
import { performance } from '../../util/timers.js';
import type { JsonRpcRequest, RequestId } from '../../wire/json-rpc.js';
import { parsedSizeOfMessage } from '../../wire/json-size.js';
import type { ByteAccount } from '../link/link-budget.js';
import { idOf, type CallNotes, type CopiedNotes, type LostCall } from './call-notes.js';

/** Time for which calls are kept after their node was last heard: no client waits longer. */
export const KEEP_MS = 120_000;
/** Memory of a session and of a call besides their texts, roughly. */
const SESSION_BYTES = 400;
/** A node that is heard this long after its calls were copied has a keeper of its own. */
const LIVES_MS = 2_000;
const CALL_BYTES = 120;

/** Whether a claimant may have the calls of a lost session. */
export type MayReturn = (
  client: { readonly principal: string | undefined; readonly address: string | undefined },
  claim: ResumeClaim,
  principal: string | undefined,
) => boolean;

interface KeptCall {
  readonly id: RequestId;
  readonly request: JsonRpcRequest | undefined;
  /** The offset of its answer; undefined while it runs. */
  offset: number | undefined;
  readonly bytes: number;
}

interface KeptSession {
  /** The sessions of its node, and its number among them. */
  readonly siblings: Map<number, KeptSession>;
  readonly n: number;
  readonly head: TrailHead;
  readonly names: readonly string[];
  readonly calls: Map<RequestId, KeptCall>;
  readonly bytes: number;
}

interface KeptNode {
  readonly generation: number;
  readonly sessions: Map<number, KeptSession>;
  heardAt: number;
  /** When another keeper copied them to this node; undefined if they came from their own node. */
  readonly copiedAt: number | undefined;
}

/** The calls of other nodes, by the names that returning clients may give for their sessions. */
export class KeptCalls {
  readonly #account: ByteAccount;
  readonly #mayReturn: MayReturn;
  readonly #nodes = new Map<string, KeptNode>();
  readonly #byName = new Map<string, KeptSession>();
  #size = 0;

  constructor(account: ByteAccount, mayReturn: MayReturn) {
    this.#account = account;
    this.#mayReturn = mayReturn;
  }

  /** The number of kept calls. */
  get size(): number {
    return this.#size;
  }

  /** The nodes whose calls are kept. */
  get nodes(): string[] {
    return [...this.#nodes.keys()];
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  /**
   * Keeps the calls of `node` from now on, and drops its earlier ones.
   *
   * @throws McpSseError `over-budget`
   */
  keep(node: string, notes: CallNotes): void {
    this.#keep(node, notes, undefined);
  }

  /**
   * Keeps a copy of the calls that another node keeps for a third one, unless this one has them.
   *
   * @throws McpSseError `over-budget`
   */
  keepCopy({ node, ...notes }: CopiedNotes): void {
    const known = this.#nodes.get(node)?.generation ?? -Infinity;
    // An entry without calls would count in no budget.
    if (notes.updates.length === 0) return;
    if (notes.generation > known) this.#keep(node, notes, performance.now());
  }

  /** All kept calls of `node`. */
  notesOf(node: string): CallNotes | undefined {
    const kept = this.#nodes.get(node);
    return kept && { generation: kept.generation, updates: [...kept.sessions.values()].map(all) };
  }

  /** Takes news. Leaves out calls without room in the budget. */
  note(node: string, { generation, updates }: CallNotes): void {
    const kept = this.#nodes.get(node);
    if (kept?.generation !== generation) return;
    kept.heardAt = performance.now();
    for (const update of updates) this.#update(kept, update);
  }

  /** Finds the unanswered calls of a lost session. */
  find({ claim, principal }: Claimant): LostCall[] {
    const session = this.#claimed({ claim, principal });
    if (!session) return [];
    const read = readOffsetOf(claim);
    return [...session.calls.values()]
      .filter(({ offset }) => offset === undefined || offset > read)
      .map(({ id, request }) => request ?? id);
  }

  /** The client has got answers to its lost calls. */
  forget(client: Claimant): void {
    const session = this.#claimed(client);
    if (session) this.#drop(session);
  }

  /** Forgets nodes that were last heard before `time`, and copies of living nodes. */
  sweep(time: number, heardAt: (node: string) => number): void {
    for (const [node, kept] of this.#nodes) {
      const lives = heardAt(node) > (kept.copiedAt ?? Infinity) + LIVES_MS;
      if (lives || Math.max(kept.heardAt, heardAt(node)) < time) this.forgetNode(node);
    }
  }

  forgetNode(node: string): void {
    const sessions = this.#nodes.get(node)?.sessions;
    this.#nodes.delete(node);
    for (const session of [...(sessions?.values() ?? [])]) this.#drop(session);
  }

  #keep(node: string, { generation, updates }: CallNotes, copiedAt: number | undefined): void {
    this.forgetNode(node);
    this.#account.admit(updates.length * SESSION_BYTES);
    const sessions = new Map<number, KeptSession>();
    this.#nodes.set(node, { generation, sessions, heardAt: 0, copiedAt });
    this.note(node, { generation, updates });
  }

  #claimed({ claim, principal }: Claimant): KeptSession | undefined {
    const session = this.#byName.get(nameOf(claim, principal));
    if (!session) return undefined;
    const { head } = session;
    const client = { principal: head.principal, address: head.address };
    return this.#mayReturn(client, claim, principal) ? session : undefined;
  }

  #update({ sessions }: KeptNode, update: TrailUpdate): void {
    const { n, head } = update;
    const session = sessions.get(n) ?? (head && this.#begin(sessions, n, head));
    if (!session) return;
    if (update.ended) {
      this.#drop(session);
      return;
    }
    const { calls } = session;
    for (const { id, offset } of calls.values()) {
      if (offset !== undefined && offset <= (update.read ?? 0)) this.#remove(calls, id);
    }
    for (const id of update.over ?? []) this.#remove(calls, id);
    for (const call of update.begun ?? []) this.#add(calls, call, undefined);
    for (const [id, offset] of update.answered ?? []) {
      const call = calls.get(id);
      if (call) call.offset = offset;
      else this.#add(calls, id, offset);
    }
    if (calls.size === 0) this.#drop(session);
  }

  #begin(sessions: Map<number, KeptSession>, n: number, head: TrailHead): KeptSession | undefined {
    const { id, token, key, principal, address = '' } = head;
    const names = [id];
    if (token !== undefined) names.push(tokenName(token));
    if (key !== undefined) names.push(keyName(principal, key));
    const text = names.join('').length + (principal?.length ?? 0) + address.length;
    const bytes = SESSION_BYTES + 2 * text;
    if (!this.#takes(bytes)) return undefined;
    const calls = new Map<RequestId, KeptCall>();
    const session = { siblings: sessions, n, head, names, calls, bytes };
    sessions.set(n, session);
    for (const name of names) this.#byName.set(name, session);
    return session;
  }

  #add(calls: Map<RequestId, KeptCall>, call: LostCall, offset: number | undefined): void {
    const id = idOf(call);
    this.#remove(calls, id);
    const request = typeof call === 'object' ? call : undefined;
    const size = request ? parsedSizeOfMessage(request) : String(id).length * 2;
    const bytes = CALL_BYTES + size;
    if (!this.#takes(bytes)) return;
    calls.set(id, { id, request, offset, bytes });
    this.#size += 1;
  }

  #remove(calls: Map<RequestId, KeptCall>, id: RequestId): void {
    const call = calls.get(id);
    if (!call) return;
    calls.delete(id);
    this.#size -= 1;
    this.#account.add(-call.bytes);
  }

  #drop(session: KeptSession): void {
    session.siblings.delete(session.n);
    for (const name of session.names) {
      if (this.#byName.get(name) === session) this.#byName.delete(name);
    }
    for (const id of [...session.calls.keys()]) this.#remove(session.calls, id);
    this.#account.add(-session.bytes);
  }

  /** Reserves room for `bytes` more. Returns false if there is none. */
  #takes(bytes: number): boolean {
    try {
      this.#account.admit(bytes);
    } catch {
      return false;
    }
    this.#account.add(bytes);
    return true;
  }
}

function all({ n, head, calls }: KeptSession): TrailUpdate {
  const begun: LostCall[] = [];
  const answered: [RequestId, number][] = [];
  for (const { id, request, offset } of calls.values()) {
    if (request !== undefined || offset === undefined) begun.push(request ?? id);
    if (offset !== undefined) answered.push([id, offset]);
  }
  return { n, head, begun, answered };
}

/** The client's own claim: a false one harms only the client itself. */
function readOffsetOf(claim: ResumeClaim): number {
  if (claim.by === 'event-id') return claim.offset;
  if (claim.by === 'key') return 0;
  return Number.parseInt(claim.position ?? '0', 10) || 0;
}

function nameOf(claim: ResumeClaim, principal: string | undefined): string {
  if (claim.by === 'probe') return claim.sessionId;
  return claim.by === 'event-id' ? tokenName(claim.token) : keyName(principal, claim.key);
}

/** No session id contains a space. */
const tokenName = (token: string): string => `token ${token}`;
const keyName = (principal: string | undefined, key: string): string =>
  `key ${keyOf(principal, key)}`;
