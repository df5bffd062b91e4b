// Keeps what a stream has delivered, and gives it to the waits of a test.
import { EventEmitter, once } from 'node:events';

import type { EventStreamListener, ReceivedEvent } from '../wire/sse-parser.js';
import { messageOf, type ReceivedMessage, type Wanted } from './message.js';
import { Waiter, type Delivery } from './waiter.js';

/** Everything that has arrived, and the waits for what has not arrived yet. */
export class Inbox implements EventStreamListener {
  readonly events: ReceivedEvent[] = [];
  readonly messages: ReceivedMessage[] = [];
  readonly comments: string[] = [];
  /** Messages that no wait has claimed yet, oldest first. */
  readonly unclaimed: Delivery[] = [];
  /** The URL for POSTs of the newest `endpoint` event; empty before the first. */
  endpoint = '';
  readonly #news = new EventEmitter();
  /** Resolves with the first `endpoint` event, or when the stream ends without one. */
  readonly announced: Promise<unknown> = once(this.#news, 'announced');
  #waiters: Waiter[] = [];
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
    const delivery = { message, event };
    const claimed = this.#waiters.some((waiter) => waiter.offer(delivery));
    this.#waiters = this.#waiters.filter(({ pending }) => pending);
    if (!claimed) this.unclaimed.push(delivery);
  }

  comment(text: string): void {
    this.comments.push(text);
  }

  /**
   * Waits for a message, which may have arrived already, and claims it: no other wait gets it. Waits
   * with `first` come before all others.
   *
   * @returns undefined if the deadline has passed or the stream has ended. The caller makes the error,
   * so that its stack names the line of the test.
   */
  wait(
    wanted: Wanted,
    timeoutMs: number,
    { first = false }: { first?: boolean } = {},
  ): Promise<ReceivedMessage | undefined> {
    return new Promise((resolve) => {
      const waiter = new Waiter(wanted, timeoutMs, resolve);
      const index = this.unclaimed.findIndex((delivery) => waiter.offer(delivery));
      if (index >= 0) this.unclaimed.splice(index, 1);
      else if (this.#ended) waiter.giveUp();
      else if (first) this.#waiters.unshift(waiter);
      else this.#waiters.push(waiter);
    });
  }

  /** The stream has ended: every wait gives up. */
  end(): void {
    this.#ended = true;
    this.#news.emit('announced');
    for (const waiter of this.#waiters.splice(0)) waiter.giveUp();
  }
}
