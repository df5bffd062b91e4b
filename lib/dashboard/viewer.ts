import type { ServerResponse } from 'node:http';

import { ConnectionWriter } from '../index.js';
import type { LiveFeed } from './live-feed.js';
import type { View } from './session-table.js';

/** A page that takes nothing for so long is dropped. */
const STALL_MS = 10_000;
/** A page is asked again who it is: the application's own checks run when a stream begins. */
const LIFETIME_MS = 10 * 60_000;
const END_MS = 1_000;
const RETRY = 'retry: 1000\n\n';

/** One open page. It is told what has changed since it was last told something. */
export class Viewer {
  readonly #board: LiveFeed;
  readonly #view: View;
  readonly #writer: ConnectionWriter;
  readonly #since = performance.now();
  /** The rows that the page has, as they were sent. */
  #rows = new Map<number, string>();
  /** Not '', which is the order of no rows: the page may still have some of an earlier stream. */
  #order: string | undefined;
  #seen = { samples: 0, closed: 0, messages: 0 };

  constructor(board: LiveFeed, view: View, response: ServerResponse, gone: () => void) {
    this.#board = board;
    this.#view = view;
    const observer = { writerClosed: gone };
    this.#writer = new ConnectionWriter(response, { writeTimeoutMs: STALL_MS, observer });
  }

  /** What the page needs to know once, and the first state of all. */
  greet(greeting: object): void {
    void this.#writer.write(RETRY);
    this.#send('hello', greeting);
    this.#send('state', this.#changes());
  }

  /** One that has not taken the last state yet is spared this one: the next tells it all. */
  update(): void {
    if (this.#writer.bufferedBytes > 0) return;
    this.#send('state', this.#changes());
    if (performance.now() - this.#since > LIFETIME_MS) this.end();
  }

  end(): void {
    void this.#writer.end(END_MS);
  }

  #changes(): object {
    const { samples, closed, messages, stats } = this.#board;
    const seen = this.#seen;
    this.#seen = { samples: samples.end, closed: closed.end, messages: messages.end };
    return {
      now: Date.now(),
      stats,
      samples: samples.since(seen.samples),
      closed: closed.since(seen.closed),
      messages: messages.since(seen.messages),
      ...this.#changedRows(),
    };
  }

  #changedRows(): object {
    const { roster, settings } = this.#board;
    const { rows, matching } = roster.list(this.#view, settings.rows);
    const before = this.#rows;
    this.#rows = new Map(rows.map((row) => [row.key, JSON.stringify(row)]));
    const changed = rows.filter(({ key }) => before.get(key) !== this.#rows.get(key));
    const keys = rows.map(({ key }) => key);
    const order = keys.join();
    const moved = order !== this.#order;
    this.#order = order;
    return { matching, rows: changed, ...(moved && { order: keys }) };
  }

  #send(event: string, value: object): void {
    void this.#writer.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
  }
}
