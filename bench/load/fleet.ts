/** The sessions that a work has open with one server, and the calls on them. */
import type { ServerProcess } from '../server/server-process.js';
import { Poster } from './poster.js';
import { LoadSession } from './session.js';
import { patienceMs } from './verdict.js';

/** How many streams are being opened at a time. */
const opening = 32;

/** Keeps calls going. Resolves with the latencies in µs. */
export type Run = (ms: number) => Promise<number[]>;

interface CallOptions {
  /** The length of an answer's text, if it is not that of the argument. */
  readonly answerBytes?: number | undefined;
  /** Whether calls go round the sessions, instead of each connection having its own. */
  readonly inTurn?: boolean;
  /** If not all. */
  readonly sessions?: readonly LoadSession[];
}

export class Fleet {
  readonly sessions: LoadSession[] = [];

  constructor(private readonly server: ServerProcess) {}

  /** Opens sessions until there are `count`, and shakes hands on the new ones. */
  async growTo(count: number): Promise<void> {
    const before = this.sessions.length;
    await this.openStreams(count);
    await this.initialize(before);
  }

  /** Opens streams until there are `count`. */
  async openStreams(
    count: number,
    open = (number: number): Promise<LoadSession> =>
      LoadSession.open(number, this.server.port, this.server.verdict),
  ): Promise<void> {
    let next = this.sessions.length;
    const worker = async () => {
      while (next < count) {
        const number = next++;
        this.sessions[number] = await open(number);
      }
    };
    await Promise.all(Array.from({ length: opening }, worker));
  }

  /** Shakes hands on every session from number `from` on. */
  async initialize(from = 0): Promise<void> {
    const fresh = this.sessions.slice(from);
    const queue = fresh.values();
    await this.withPosters(Math.min(opening, fresh.length), async (posters) => {
      const initialized = posters.map(async (poster) => {
        for (const session of queue) await session.initialize(poster);
      });
      await this.server.verdict.within(120_000, 'initialize', Promise.all(initialized));
    });
  }

  /** Opens connections, uses them, and closes them. An idle one is the server's to close. */
  async withPosters<T>(count: number, use: (posters: Poster[]) => Promise<T>): Promise<T> {
    const { port, verdict } = this.server;
    const open = Array.from({ length: count }, () => Poster.open(port, verdict));
    const posters = await Promise.all(open);
    const result = await use(posters);
    for (const poster of posters) poster.connection.close();
    return result;
  }

  /** `inFlight` calls at a time, on a connection each. */
  async withCalls<T>(
    inFlight: number,
    use: (run: Run) => Promise<T>,
    { answerBytes, inTurn = false, sessions = this.sessions }: CallOptions = {},
  ): Promise<T> {
    let last = 0;
    const { verdict } = this.server;
    return this.withPosters(inFlight, (posters) => {
      const callers = posters.map((poster, number) => (onDone: (micros: number) => void) => {
        const session = sessions[(inTurn ? last++ : number) % sessions.length];
        if (session) poster.call(session, answerBytes, onDone);
      });
      return use((ms) => verdict.within(ms + patienceMs, 'all answers', keepBusy(callers, ms)));
    });
  }

  close(): void {
    for (const session of this.sessions) session.connection.close();
    this.sessions.length = 0;
  }
}

/** Each makes its next call when it has the answer, for `ms`. Resolves with the latencies in µs. */
export function keepBusy(
  callers: readonly ((onDone: (micros: number) => void) => void)[],
  ms: number,
): Promise<number[]> {
  return new Promise((resolve) => {
    const end = performance.now() + ms;
    const latencies: number[] = [];
    let busy = callers.length;
    for (const call of callers) {
      const onDone = (micros: number) => {
        latencies.push(micros);
        if (performance.now() < end) call(onDone);
        else if (--busy === 0) resolve(latencies);
      };
      call(onDone);
    }
  });
}
