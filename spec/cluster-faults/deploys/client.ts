import { NumberSequence } from '../../support/program/number-sequence.js';
import type { KnownSettings } from './answers.js';
import { numbered, type Connection, type ConnectionListener } from './connection.js';
import type { CallRecord, ClientRecord } from './judge.js';

/** The JSON-RPC error of a call that ran when its node ended. */
const INTERRUPTED = -32010;
const ANSWER = 'yes';

/** How a client is made, and what its kind is promised. */
export interface ClientOptions {
  readonly name: string;
  /** One message may come again for each reconnect. */
  readonly mayRepeat?: boolean;
  /** It comes when nodes have broadcast already, and goes before the end. */
  readonly passing?: boolean;
  /** Can be asked by the server. */
  readonly asks?: boolean;
  readonly connect: (listener: ConnectionListener) => Promise<Connection>;
}

/** A client of a deploy, with what it was given. */
export class DeployClient implements ClientRecord, ConnectionListener {
  readonly name: string;
  readonly mayRepeat: boolean;
  readonly passing: boolean;
  readonly asks: boolean;
  readonly sequences = new Map<string, NumberSequence>();
  readonly calls: CallRecord[] = [];
  readonly settings: KnownSettings[] = [];
  readonly errors: string[] = [];
  reconnects = 0;
  initializes = 0;
  unwanted = 0;
  /** It is about to go: no more calls. */
  leaving = false;
  readonly #connect: ClientOptions['connect'];
  #connection: Connection | undefined;
  #count = 0;

  constructor({ name, mayRepeat = false, passing = false, asks = false, connect }: ClientOptions) {
    this.name = name;
    this.mayRepeat = mayRepeat;
    this.passing = passing;
    this.asks = asks;
    this.#connect = connect;
  }

  /** What it subscribes to. */
  get uri(): string {
    return `test://${this.name}`;
  }

  /** The sessions that it was given messages of. */
  get sessions(): string[] {
    const to = [...this.sequences.keys()].map((source) => source.split(' ')[1] ?? '');
    return [...new Set(to)].filter((each) => each !== '*');
  }

  async connect(): Promise<void> {
    this.#connection = await this.#connect(this);
    if (this.passing) return;
    await this.#connection.setLevel();
    await this.#connection.subscribe(this.uri);
  }

  /** Calls a tool and records the outcome. @param how milliseconds, `hold`, `ask250` */
  call(how: string): CallRecord {
    const name = `${this.name}.${(this.#count += 1)}/${how}`;
    const call: CallRecord = { name, outcome: 'pending' };
    this.calls.push(call);
    const expected = how.startsWith('ask') ? ANSWER : name;
    this.#connection?.call(name).then(
      (text) => (call.outcome = text === expected ? 'answered' : 'wrong'),
      (error: unknown) => {
        call.outcome = isInterrupted(error) ? 'interrupted' : 'refused';
        call.error = String(error).slice(0, 200);
      },
    );
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
    const { node, to, n } = message;
    const source = `${node} ${to}`;
    let sequence = this.sequences.get(source);
    if (!sequence) {
      const first = this.passing && to === '*' ? undefined : 0;
      sequence = new NumberSequence(`${this.name} (${source})`, first);
      this.sequences.set(source, sequence);
    }
    sequence.add(n);
  };

  readonly onError = (error: unknown): void => {
    this.errors.push(String(error).slice(0, 200));
    if (this.errors.length > 5) this.errors.shift();
  };

  async close(): Promise<void> {
    await this.#connection?.close();
  }
}

function isInterrupted(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error
    ? error.code === INTERRUPTED
    : false;
}
