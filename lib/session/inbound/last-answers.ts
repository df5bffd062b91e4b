// The last answers of one session, which cost little to note.
import type { RequestId } from '../../wire/json-rpc.js';

/** The most answers that are noted as unread; the oldest are dropped. */
export const MAX_ANSWERS = 256;

/** The last `MAX_ANSWERS` answers, in the order of their offsets. */
export class LastAnswers {
  readonly #ids: RequestId[] = [];
  readonly #offsets: number[] = [];
  /** Where the oldest is, which the next one replaces, once there are `MAX_ANSWERS`. */
  #oldest = 0;

  push(id: RequestId, offset: number): void {
    if (this.#ids.length < MAX_ANSWERS) {
      this.#ids.push(id);
      this.#offsets.push(offset);
      return;
    }
    this.#ids[this.#oldest] = id;
    this.#offsets[this.#oldest] = offset;
    this.#oldest = (this.#oldest + 1) % MAX_ANSWERS;
  }

  /** Those beyond an offset, with their own offsets. */
  after(offset: number): (readonly [RequestId, number])[] {
    const all = this.#ids.map((id, at) => [id, this.#offsets[at] ?? 0] as const);
    const inOrder = [...all.slice(this.#oldest), ...all.slice(0, this.#oldest)];
    return inOrder.filter(([, its]) => its > offset);
  }
}
