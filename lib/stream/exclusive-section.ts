// Runs code that has a connection to itself.
import { AsyncLocalStorage } from 'node:async_hooks';

import { McpSseError } from '../errors.js';
import { ignoreRejection, withDeadline } from '../util/promises.js';
import { Lock } from './lock.js';

type Put = (frame: string) => Promise<void>;

/** The innermost section that the calling code runs in. */
const sections = new AsyncLocalStorage<ExclusiveSection>();

/** One section: it ends when its code settles or its time is up. */
export class ExclusiveSection {
  readonly #owner: object;
  readonly #put: Put;
  readonly #outer = ExclusiveSection.#live(sections.getStore());
  /** Writes one frame after the other, even if the section does not await its writes. */
  readonly #writes = new Lock();
  #over = false;

  constructor(owner: object, put: Put) {
    this.#owner = owner;
    this.#put = put;
  }

  /** Whether the calling code runs in a section of `owner`: waiting for another would deadlock. */
  static isIn(owner: object): boolean {
    let section = ExclusiveSection.#live(sections.getStore());
    while (section && section.#owner !== owner) section = ExclusiveSection.#live(section.#outer);
    return section !== undefined;
  }

  /**
   * Runs `work`; settles when the client has also taken all its writes, awaited or not.
   *
   * @throws McpSseError (as a rejection) `write-failed` after `timeoutMs`.
   */
  async run<T>(work: (write: Put) => Promise<T>, timeoutMs: number): Promise<T> {
    const late = (): McpSseError =>
      new McpSseError('write-failed', 'the exclusive section took longer than writeTimeoutMs');
    const write: Put = (frame) => ignoreRejection(this.#write(frame));
    try {
      return await withDeadline(
        sections.run(this, () => work(write)),
        timeoutMs,
        late,
      );
    } finally {
      this.#over = true;
      await this.#writes.run(() => undefined);
    }
  }

  async #write(frame: string): Promise<void> {
    if (this.#over)
      throw new McpSseError(
        'write-failed',
        'the exclusive section is over: write before its function resolves',
      );
    await this.#writes.run(() => this.#put(frame));
  }

  /** Code that a section started may outlive it; it then runs in the section around, if any. */
  static #live(section: ExclusiveSection | undefined): ExclusiveSection | undefined {
    let found = section;
    while (found && found.#over) found = found.#outer;
    return found;
  }
}
