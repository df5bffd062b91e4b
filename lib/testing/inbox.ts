import { EventEmitter, once } from 'node:events';

import type { EventStreamListener, ReceivedEvent } from '../wire/sse-parser.js';
import { messageOf, type ReceivedMessage, type Wanted } from './message.js';
import { Waiter, type Delivery } from './waiter.js';

/** What has arrived, and who waits for what has not. */
export class Inbox implements EventStreamListener {
  readonly events: ReceivedEvent[] = [];
  readonly messages: ReceivedMessage[] = [];
  readonly comments: string[] = [];
  /** What nobody has taken yet, oldest first. */
  readonly untaken: Delivery[] = [];
  /** The newest URL that was announced for POSTs; empty before the first. */
  endpoint = '';
  readonly #news = new EventEmitter();
  /** Resolves with the first `endpoint` event, or with the end of a stream that has none. */
  readonly announced: Promise<unknown> = once(this.#news, 'announced');
  #waits: Waiter[] = [];
  #ended = false;

  event(event: ReceivedEvent): void {
    this.events.push(event);
    if (event.event === 'endpoint') {
      this.endpoint = event.data;
      this.#news.emit('announced');
    }
    const message = messageOf(event);
    if (!message) return;
    this.messages.push(message);
    const letter = { message, event };
    const taken = this.#waits.some((wait) => wait.offer(letter));
    this.#waits = this.#waits.filter(({ pending }) => pending);
    if (!taken) this.untaken.push(letter);
  }

  comment(text: string): void {
    this.comments.push(text);
  }

  /**
   * Waits for a message, which may be there already, and takes it: nobody else gets it. Who waits
   * `first` is asked before those who would take any message.
   *
   * @returns undefined when the time is over, or the stream has ended. It leaves the error to who
   * awaits it: one that is made there knows the line of the test.
   */
  wait(
    wanted: Wanted,
    timeoutMs: number,
    { first = false }: { first?: boolean } = {},
  ): Promise<ReceivedMessage | undefined> {
    return new Promise((resolve) => {
      const wait = new Waiter(wanted, timeoutMs, resolve);
      const index = this.untaken.findIndex((letter) => wait.offer(letter));
      if (index >= 0) this.untaken.splice(index, 1);
      else if (this.#ended) wait.giveUp();
      else if (first) this.#waits.unshift(wait);
      else this.#waits.push(wait);
    });
  }

  /** Nothing will arrive any more. */
  end(): void {
    this.#ended = true;
    this.#news.emit('announced');
    for (const wait of this.#waits.splice(0)) wait.giveUp();
  }
}
