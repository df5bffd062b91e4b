import { Lane } from './lane.js';
import { LoadSession } from './load-session.js';
import { Poster } from './poster.js';
import type { Verdict } from './verdict.js';

/** How many streams are being opened at a time. */
const opening = 32;

/** The sessions a work has open with one server. */
export class Fleet {
  readonly sessions: LoadSession[] = [];

  constructor(
    private readonly port: number,
    private readonly verdict: Verdict,
  ) {}

  /** Opens streams until there are `count`. */
  async open(count: number): Promise<void> {
    const first = this.sessions.length;
    await inParallel(opening, count - first, async (index) => {
      const number = first + index;
      this.sessions[number] = await LoadSession.open(number, this.port, this.verdict);
    });
  }

  /** Shakes hands on every session from number `from` on. */
  async initialize(from = 0): Promise<void> {
    const fresh = this.sessions.slice(from);
    const posters = await this.openPosters(Math.min(opening, fresh.length));
    const queue = fresh.values();
    await this.verdict.within(
      120_000,
      'initialize',
      Promise.all(
        posters.map(async (poster) => {
          for (const session of queue) await session.initialize(poster);
        }),
      ),
    );
    for (const poster of posters) poster.close();
  }

  openPosters(count: number): Promise<Poster[]> {
    return Promise.all(Array.from({ length: count }, () => Poster.open(this.port, this.verdict)));
  }

  /** `perSession` lanes for each of `sessions`. */
  async openLanes(sessions: readonly LoadSession[], perSession: number): Promise<Lane[]> {
    const posters = await this.openPosters(sessions.length * perSession);
    return posters.map((poster, index) => {
      const session = sessions[index % sessions.length];
      if (session === undefined) throw new Error('no sessions');
      return new Lane(poster, () => session);
    });
  }

  close(): void {
    for (const session of this.sessions) session.close();
    this.sessions.length = 0;
  }
}

export async function inParallel(
  width: number,
  count: number,
  job: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await job(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
