import { randomBytes } from 'node:crypto';

import { onTestFinished } from 'vitest';

import type {
  Adapter,
  AdapterListener,
  AdapterMember,
} from '../../../lib/cluster/adapter/adapter.js';
import { eventually } from '../../support/eventually.js';

/** What the contract asks of an adapter's surroundings. */
export interface AdapterSetup {
  /** An adapter with a client of its own, as every node has. */
  node(prefix?: string): Promise<AdapterClient>;
  /** The server between them, if there is one. */
  readonly server?: AdapterServer;
  stop(): Promise<void>;
}

export interface AdapterClient {
  readonly adapter: Adapter;
  /** Rejects if the application's client does not work. */
  works(): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface AdapterServer {
  kill(): Promise<void>;
  restart(): Promise<void>;
  pause(): void;
  continue(): void;
  /** Whether it answers now. */
  responds(): Promise<boolean>;
  /** Cuts all connections. @returns how many */
  cut(): Promise<number>;
}

/** A node that has joined, and all that its adapter has told it. */
export class AdapterNode implements AdapterListener {
  readonly address = randomBytes(9).toString('base64url');
  readonly frames: string[] = [];
  readonly states: boolean[] = [];
  member!: AdapterMember;

  static async join(adapter: Adapter): Promise<AdapterNode> {
    const node = new AdapterNode();
    node.member = await adapter.join(node.address, node);
    onTestFinished(() => node.member.leave());
    return node;
  }

  get up(): boolean {
    return this.states.at(-1) === true;
  }

  frame(frame: string): void {
    this.frames.push(frame);
  }

  state(up: boolean): void {
    this.states.push(up);
  }

  send(to: { address: string }, frame: string): Promise<boolean> {
    return this.member.send(to.address, frame);
  }

  /** Waits until `frame` has come. */
  async has(frame: string): Promise<void> {
    await eventually(() => this.frames.includes(frame), `frame ${frame.slice(0, 40)}`);
  }
}
