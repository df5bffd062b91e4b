import type { EventStreamListener, ReceivedEvent } from './event-stream-parser.js';
import { messageOf, type ReceivedMessage, type Wanted } from './message.js';
import { Wait, type Letter } from './wait.js';

/** What has arrived, and who waits for what has not. */
export class Inbox implements EventStreamListener {
  readonly events: ReceivedEvent[] = [];
  readonly messages: ReceivedMessage[] = [];
  readonly comments: string[] = [];
  /** What nobody has taken yet, oldest first. */
  readonly untaken: Letter[] = [];
  /** Resolves with the first `endpoint` event, or with the end of a stream that has none. */
  readonly announced: Promise<void>;
  #announce: () => void = () => undefined;
  #waits: Wait[] = [];
  #ended = false;

  constructor() {
    this.announced = new Promise((resolve) => (this.#announce = resolve));
  }

  /** The newest URL that was announced for POSTs. */
  get endpoint(): string | undefined {
    return this.events.findLast(({ event }) => event === 'endpoint')?.data;
  }

  event(event: ReceivedEvent): void {
    this.events.push(event);
    if (event.event === 'endpoint') this.#announce();
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
   */
  wait(wanted: Wanted, timeoutMs: number, { first = false }: { first?: boolean } = {}): Wait {
    const wait = new Wait(wanted, timeoutMs);
    const index = this.untaken.findIndex((letter) => wait.offer(letter));
    if (index >= 0) this.untaken.splice(index, 1);
    else if (this.#ended) wait.giveUp();
    else if (first) this.#waits.unshift(wait);
    else this.#waits.push(wait);
    return wait;
  }

  /** Nothing will arrive any more. */
  end(): void {
    this.#ended = true;
    this.#announce();
    for (const wait of this.#waits.splice(0)) wait.giveUp();
  }
}
