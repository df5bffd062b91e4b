import { expect, vi } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { parseEventId } from '../../lib/session/resume/resume-strategy.js';
import type { ConnectionWriter, JsonRpcMessage } from '../../lib/index.js';
import { FaultyAdapter } from './faulty-adapter.js';
import { ModelClient } from './hand-over-client.js';
import { ModelNode } from './hand-over-node.js';
import { FACTS } from './session-rig.js';

const NODES = 3;
/** By then everything that waits for another node has given up. */
const END_MS = 45_000;
/** By then a session that is ready has begun or was dropped. */
const SETTLE_MS = 6_000;

/** What may happen, one thing after the other. Nodes are named by number; 0 has the session first. */
export type Step =
  /** The application of a node sends to the session, or to all. */
  | { do: 'send'; at: number }
  | { do: 'broadcast'; at: number }
  /** The client posts to a node: a request that is answered at once, or that waits. */
  | { do: 'post'; at: number; slow: boolean }
  | { do: 'release' }
  /** The client loses its stream, and comes back at a node. */
  | { do: 'drop' }
  | { do: 'return'; at: number }
  /** A node shuts down; it dies without a word. */
  | { do: 'close'; at: number }
  | { do: 'kill'; at: number }
  /** Frames to and from a node vanish; no more. */
  | { do: 'partition'; at: number }
  | { do: 'heal' }
  /** How many of 100 frames are lost, repeated, late. */
  | { do: 'weather'; lost: number; repeated: number; late: number }
  | { do: 'wait'; ms: number };

/** One session of three nodes, and everything that can go wrong while it moves. */
export class HandOverModel {
  readonly #adapter = new FaultyAdapter();
  readonly #nodes: ModelNode[];
  readonly #client = new ModelClient();
  readonly #waiting = new Set<() => void>();
  /** By the id of the request: at which nodes it has run. */
  readonly #runs = new Map<unknown, string[]>();
  readonly #accepted = new Set<number>();
  readonly #refused = new Map<number, string>();
  /** By who has sent them: numbers that were accepted. */
  readonly #sent = new Map<string, number[]>();
  #id = '';
  #posts = 0;
  #count = 0;
  #killed = false;
  /** Sends and posts that are not settled. */
  #pending = 0;
  #returning = false;
  /** Hand-overs that came to be, for those who want to know whether anything was tried. */
  moves = 0;

  constructor() {
    this.#nodes = Array.from({ length: NODES }, () => this.#newNode());
  }

  async begin(): Promise<void> {
    await vi.advanceTimersByTimeAsync(500);
    const session = await this.#nodes[0]!.open();
    this.#id = session.id;
    const response = this.#client.listen();
    this.#client.response = response;
    session.attach(this.#nodes[0]!.writerTo(response), '/message');
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {} };
    await this.#post(this.#nodes[0]!, {
      jsonrpc: '2.0',
      id: 'hello',
      method: 'initialize',
      params,
    });
    await this.#post(this.#nodes[0]!, { jsonrpc: '2.0', method: 'notifications/initialized' });
    await vi.advanceTimersByTimeAsync(10);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'wait') await vi.advanceTimersByTimeAsync(step.ms);
    else if (step.do === 'send') this.#send(this.#at(step.at));
    else if (step.do === 'broadcast') this.#broadcast(this.#at(step.at));
    else if (step.do === 'post') this.#request(this.#at(step.at), step.slow);
    else if (step.do === 'release') this.#release();
    else if (step.do === 'drop') this.#client.drop();
    else if (step.do === 'return') await this.#return(this.#at(step.at));
    else if (step.do === 'close') void this.#nodes[step.at]!.close();
    else if (step.do === 'kill') this.#kill(this.#nodes[step.at]!);
    else if (step.do === 'partition') this.#adapter.partitioned.add(this.#nodes[step.at]!.name);
    else if (step.do === 'heal') this.#heal();
    else {
      const { lost, repeated, late } = step;
      this.#adapter.losses = { lost: lost / 100, repeated: repeated / 100, late: late / 100 };
    }
    await vi.advanceTimersByTimeAsync(0);
    this.#checkOwners();
  }

  /** The weather is good again, and the client tries to come back: what has become of it all? */
  async end(): Promise<void> {
    this.#heal();
    this.#release();
    for (let ms = 0; ms < END_MS && !(ms > SETTLE_MS && this.#settled()); ms += 1_500) {
      await vi.advanceTimersByTimeAsync(1_500);
      this.#release();
      this.#checkOwners();
      const [first] = this.#nodes.filter((node) => node.alive && !node.closing);
      if (first && !this.#client.response) await this.#return(first);
    }
    // What is not answered is reported by then.
    if (!this.#nodes.some((node) => node.owned(this.#id)))
      await vi.advanceTimersByTimeAsync(10_000);
    this.#checkEnd();
  }

  /** Nothing is under way, and the client has its session or knows that it has none. */
  #settled(): boolean {
    const { response, told404 } = this.#client;
    const leaving = this.#nodes.some((node) => node.alive && node.closing);
    return this.#pending === 0 && !leaving && (response !== undefined || told404);
  }

  #checkEnd(): void {
    const owners = this.#nodes.filter((node) => node.owned(this.#id));
    const told = this.#nodes.flatMap((node) => node.told);
    for (const [id, nodes] of this.#runs) expect(nodes, `runs of ${String(id)}`).toHaveLength(1);
    for (const [id, count] of this.#client.answers) expect(count, `answers ${String(id)}`).toBe(1);
    for (const [from, numbers] of this.#client.seen) {
      expect(numbers, `what ${from} has sent`).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    }
    if (this.#killed) return;
    if (owners.length === 0) {
      expect(told, 'a session that was lost').not.toEqual([]);
      return;
    }
    for (const id of this.#accepted) {
      expect(this.#runs.get(id), `a request that was accepted, ${id}`).toHaveLength(1);
      expect(this.#client.answers.get(id), `the answer to ${id}`).toBe(1);
    }
    for (const id of this.#refused.keys()) {
      const why = this.#refused.get(id);
      if (why !== 'outcome-unknown') expect(this.#runs.get(id), `refused: ${why}`).toBeUndefined();
    }
    for (const [from, numbers] of this.#sent) {
      if (from.endsWith('*') && told.length > 0) continue;
      expect(this.#client.seen.get(from) ?? [], `what ${from} has sent`).toEqual(
        expect.arrayContaining(numbers),
      );
    }
  }

  #checkOwners(): void {
    const owners = this.#nodes.filter((node) => node.owned(this.#id));
    expect(owners.length, 'owners').toBeLessThanOrEqual(1);
  }

  #newNode(): ModelNode {
    const node: ModelNode = new ModelNode(
      this.#adapter,
      async (message, { signal }) => {
        if (!('method' in message) || !('id' in message)) return undefined;
        const { method, id } = message;
        if (method === 'initialize') return { protocolVersion: '2025-06-18', capabilities: {} };
        this.#runs.set(id, [...(this.#runs.get(id) ?? []), node.name]);
        this.#checkOwners();
        expect(node.owned(this.#id), 'the node that runs a request').toBeDefined();
        if (method === 'slow') {
          await new Promise<void>((resolve) => {
            this.#waiting.add(resolve);
            signal.addEventListener('abort', () => {
              resolve();
            });
          });
        }
        return {};
      },
      () => {
        this.moves += 1;
        this.#checkOwners();
      },
    );
    return node;
  }

  /** That node, or the next one that lives: nobody asks a process that is gone. */
  #at(at: number): ModelNode {
    const nodes = [...this.#nodes.slice(at), ...this.#nodes.slice(0, at)];
    return nodes.find((node) => node.alive) ?? this.#nodes[0]!;
  }

  #send(node: ModelNode): void {
    const n = (this.#count += 1);
    const params = { from: node.name, n };
    const message: JsonRpcMessage = { jsonrpc: '2.0', method: 'number', params };
    this.#await(node.dispatcher.send(this.#id, message)).then(
      () => this.#noteSent(node.name, n),
      () => undefined,
    );
  }

  #broadcast(node: ModelNode): void {
    if (node.closing) return;
    const n = (this.#count += 1);
    const from = `${node.name}*`;
    node.dispatcher.broadcast({ jsonrpc: '2.0', method: 'number', params: { from, n } }, {});
    this.#noteSent(from, n);
  }

  #noteSent(from: string, n: number): void {
    this.#sent.set(from, [...(this.#sent.get(from) ?? []), n]);
  }

  #request(node: ModelNode, slow: boolean): void {
    const id = (this.#posts += 1);
    const method = slow ? 'slow' : 'fast';
    this.#await(this.#post(node, { jsonrpc: '2.0', id, method })).then(
      () => void this.#accepted.add(id),
      (error: unknown) => void this.#refused.set(id, McpSseError.from(error).code),
    );
  }

  #await(work: Promise<void>): Promise<void> {
    this.#pending += 1;
    return work.finally(() => (this.#pending -= 1));
  }

  async #post(node: ModelNode, message: JsonRpcMessage): Promise<void> {
    const sessionId = this.#id;
    await node.dispatcher.locator.located(sessionId);
    await node.dispatcher.post({
      ...{ sessionId, principal: undefined, position: undefined },
      ...{ messages: [message], facts: FACTS, bytes: 100 },
    });
  }

  async #return(node: ModelNode): Promise<void> {
    const position = parseEventId(this.#client.lastId);
    if (!position || this.#returning || this.#client.told404) return;
    this.#returning = true;
    this.#client.drop();
    const { token, offset } = position;
    const client = { claim: { by: 'event-id', token, offset }, principal: undefined } as const;
    const attach = async (): Promise<void> => {
      const { dispatcher } = node;
      const { host, sessionId } = await dispatcher.locator.locate(position.node, token, client);
      if (node.closing && !node.isLocal(host)) return;
      const begin = (): ConnectionWriter => {
        this.#client.response = this.#client.listen();
        return node.writerTo(this.#client.response);
      };
      await dispatcher.attach(sessionId, { host, client }, '/message', begin);
    };
    void attach()
      .catch((error: unknown) => {
        if (McpSseError.from(error).code === 'session-not-found') this.#client.told404 = true;
      })
      .finally(() => (this.#returning = false));
    await vi.advanceTimersByTimeAsync(0);
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #kill(node: ModelNode): void {
    if (!node.alive) return;
    this.#killed = true;
    node.alive = false;
    this.#adapter.dead.add(node.name);
    // Its connections end with it.
    this.#client.drop();
  }

  #heal(): void {
    this.#adapter.partitioned.clear();
    this.#adapter.losses = { lost: 0, repeated: 0, late: 0 };
  }
}
