// One open page.
import type { ServerResponse } from 'node:http';

import { ConnectionWriter } from '../index.js';
import type { DashboardSettings } from './options.js';
import type { RingBuffer } from './ring-buffer.js';
import type { ClosedRow, Row, SessionTable, View } from './session-table.js';
import type { Overview, Sample } from './stats.js';

/** A page that reads nothing for this long is disconnected. */
const STALL_MS = 10_000;
/** A stream ends after this time and begins anew, so that the application's own checks run again. */
const LIFETIME_MS = 10 * 60_000;
const END_MS = 1_000;
const RETRY = 'retry: 1000\n\n';

/** A message, as the page shows it. */
export interface SeenMessage {
  readonly at: number;
  readonly id: string;
  readonly client: string;
  readonly direction: 'in' | 'out';
  readonly text: string;
}

/** The changes that a page receives. */
export interface Feed {
  readonly settings: Pick<DashboardSettings, 'rows'>;
  readonly overview: Overview;
  readonly table: SessionTable;
  readonly samples: RingBuffer<Sample>;
  readonly closed: RingBuffer<ClosedRow>;
  readonly messages: RingBuffer<SeenMessage>;
}

/** The facts that a page receives once. */
export interface Greeting {
  readonly showMessages: boolean;
  /** Closes sessions, if the page may. */
  readonly token?: string;
}

/** The changes since the last update of a page. */
export interface State {
  readonly now: number;
  readonly overview: Overview;
  /** Sessions that match the filter, shown or not. */
  readonly matching: number;
  /** New rows, and those that have changed. */
  readonly rows: Row[];
  /** The keys of all rows, if their order has changed. */
  readonly order?: number[];
  readonly samples: Sample[];
  readonly closed: ClosedRow[];
  readonly messages: SeenMessage[];
}

/** One open page. It gets the changes since its last update. */
export class Viewer {
  readonly #feed: Feed;
  readonly #view: View;
  readonly #writer: ConnectionWriter;
  readonly #since = performance.now();
  /** The rows that the page has, as they were sent. */
  #rows = new Map<number, string>();
  /** Not '', which is the order of no rows: the page may still have some of an earlier stream. */
  #order: string | undefined;
  #seen = { samples: 0, closed: 0, messages: 0 };

  constructor(feed: Feed, view: View, response: ServerResponse, gone: () => void) {
    this.#feed = feed;
    this.#view = view;
    const observer = { writerClosed: gone };
    this.#writer = new ConnectionWriter(response, { writeTimeoutMs: STALL_MS, observer });
  }

  /** Sends the facts that the page needs once, and the first state. */
  greet(greeting: Greeting): void {
    void this.#writer.write(RETRY);
    this.#send('hello', greeting);
    this.#send('state', this.#changes());
  }

  /** Skips a page that has not taken the last state yet: the next one contains all changes. */
  update(): void {
    if (this.#writer.bufferedBytes > 0) return;
    this.#send('state', this.#changes());
    if (performance.now() - this.#since > LIFETIME_MS) this.end();
  }

  end(): void {
    void this.#writer.end(END_MS);
  }

  #changes(): State {
    const { samples, closed, messages, overview } = this.#feed;
    const seen = this.#seen;
    this.#seen = { samples: samples.end, closed: closed.end, messages: messages.end };
    return {
      now: Date.now(),
      overview,
      samples: samples.since(seen.samples),
      closed: closed.since(seen.closed),
      messages: messages.since(seen.messages),
      ...this.#changedRows(),
    };
  }

  #changedRows(): Pick<State, 'matching' | 'rows' | 'order'> {
    const { table, settings } = this.#feed;
    const { rows, matching } = table.list(this.#view, settings.rows);
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
