import { setTimeout as pause } from 'node:timers/promises';

import { NumberSequence } from '../../support/program/number-sequence.js';
import type { Answer, KnownSettings, Owner } from './answers.js';
import { numbered, type Connection, type ConnectionListener } from './connection.js';
import type { CallRecord, ClientRecord } from './records.js';

/** The JSON-RPC error of a call that ran when its node ended. */
const INTERRUPTED = -32010;
const ANSWER = 'yes';

/** How a client is made, and what its kind is promised. */
export interface ClientOptions {
  readonly name: string;
  /** What it is made of; clients of one kind are judged together. */
  readonly kind: string;
  /** One message may come again for each reconnect. */
  readonly mayRepeat?: boolean;
  /** It comes when nodes have broadcast already, and goes before the end. */
  readonly passing?: boolean;
  /** Can be asked by the server. */
  readonly asks?: boolean;
  /** It is told when its session is gone, and its program begins anew. */
  readonly beginsAnew?: boolean;
  readonly connect: (listener: ConnectionListener) => Promise<Connection>;
}

/** A client of nodes to which something happens, with what it was given. */
export class DeployClient implements ClientRecord, ConnectionListener {
  readonly name: string;
  readonly kind: string;
  readonly mayRepeat: boolean;
  readonly passing: boolean;
  readonly asks: boolean;
  readonly beginsAnew: boolean;
  readonly sequences = new Map<string, NumberSequence>();
  readonly owners = new Map<string, Owner[]>();
  readonly calls: CallRecord[] = [];
  readonly settings: KnownSettings[] = [];
  readonly errors: string[] = [];
  reconnects = 0;
  initializes = 0;
  unwanted = 0;
  longestSilenceMs = 0;
  /** Its session may be gone with a node, and what was broadcast until it has another one. */
  mayLose = false;
  mayBeAsked = true;
  /** It is about to go: no more calls. */
  leaving = false;
  readonly #connect: ClientOptions['connect'];
  #connection: Connection | undefined;
  #count = 0;
  /** When it was last given something; undefined while that does not matter. */
  #givenAt: number | undefined;

  constructor(options: ClientOptions) {
    const { name, kind, mayRepeat = false, passing = false, asks = false, connect } = options;
    this.name = name;
    this.kind = kind;
    this.mayRepeat = mayRepeat;
    this.passing = passing;
    this.asks = asks;
    this.beginsAnew = options.beginsAnew ?? false;
    this.#connect = connect;
  }

  /** What it subscribes to. */
  get uri(): string {
    return `test://${this.name}`;
  }

  /** The server of a session that has come instead of another one knows nothing of the client. */
  get canBeAsked(): boolean {
    return this.asks && this.mayBeAsked && (this.beginsAnew || !this.mayLose);
  }

  /** The sessions that it was given messages of, in order. */
  get sessions(): string[] {
    return [...this.owners.keys()];
  }

  async connect(): Promise<void> {
    const connection = await this.#connect(this);
    try {
      if (!this.passing) await connection.setLevel();
      if (!this.passing) await connection.subscribe(this.uri);
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#connection = connection;
  }

  /** From now on, or no more, it matters how long it is given nothing. */
  watchSilence(watching: boolean): void {
    this.#noteSilence();
    this.#givenAt = watching ? performance.now() : undefined;
  }

  /** Calls a tool and records the outcome. @param how milliseconds, `hold`, `ask250` */
  call(how: string): CallRecord {
    const name = `${this.name}.${(this.#count += 1)}/${how}`;
    const call: CallRecord = { name, outcome: 'pending' };
    // Its program waits until it is connected again.
    if (!this.#connection) return { ...call, outcome: 'refused' };
    this.calls.push(call);
    const began = performance.now();
    this.#connection
      .call(name)
      .then(
        (text) => {
          call.answer = JSON.parse(text) as Answer;
          const expected = how.startsWith('ask') ? ANSWER : name;
          call.outcome = call.answer.name === expected ? 'answered' : 'wrong';
        },
        (error: unknown) => {
          call.outcome = isInterrupted(error) ? 'interrupted' : 'refused';
          call.error = String(error).slice(0, 200);
        },
      )
      .finally(() => (call.ms = performance.now() - began));
    return call;
  }

  /** Asks the server what it knows of the session. */
  async recordSettings(): Promise<void> {
    const name = `${this.name}.${(this.#count += 1)}/settings`;
    const text = await this.#connection?.call(name);
    this.settings.push(JSON.parse(text ?? '{}') as KnownSettings);
  }

  readonly onData = (data: unknown): void => {
    const message = numbered(data);
    if (!message) {
      this.unwanted += 1;
      return;
    }
    if (this.#givenAt !== undefined) this.watchSilence(true);
    const { node, to, n, epoch } = message;
    const source = `${node} ${to}`;
    let sequence = this.sequences.get(source);
    if (!sequence) {
      const mayBeAny = (this.passing || this.mayLose) && to === '*';
      sequence = new NumberSequence(`${this.name} (${source})`, mayBeAny ? undefined : 0);
      this.sequences.set(source, sequence);
    }
    sequence.add(n);
    if (to === '*') return;
    const owners = this.owners.get(to) ?? [];
    this.owners.set(to, owners);
    const last = owners.at(-1);
    if (last?.node !== node || last.epoch !== epoch) owners.push({ node, epoch });
  };

  readonly onError = (error: unknown): void => {
    this.errors.push(String(error).slice(0, 200));
    if (this.errors.length > 5) this.errors.shift();
  };

  readonly onLost = (): void => {
    if (this.#connection && !this.leaving) void this.#beginAnew(this.#connection);
  };

  async close(): Promise<void> {
    this.leaving = true;
    await this.#connection?.close();
  }

  async #beginAnew(old: Connection): Promise<void> {
    this.#connection = undefined;
    await old.close();
    // A first GET may be refused, or be lost with its node.
    while (!this.leaving && !(await this.#isConnected())) await pause(200);
  }

  #isConnected(): Promise<boolean> {
    return this.connect().then(
      () => true,
      () => false,
    );
  }

  #noteSilence(): void {
    if (this.#givenAt === undefined) return;
    this.longestSilenceMs = Math.max(this.longestSilenceMs, performance.now() - this.#givenAt);
  }
}

function isInterrupted(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error
    ? error.code === INTERRUPTED
    : false;
}
