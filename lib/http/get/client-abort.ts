// Notices when the client leaves before its answer.
import type { ServerResponse } from 'node:http';

/** Notices when the client leaves before its answer, and aborts a signal for hooks. */
export class ClientAbort {
  readonly #res: ServerResponse;
  #controller: AbortController | undefined;
  #leave: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** [node] If the client left while middleware in front awaited, no `close` follows any more. */
  hasAborted(): boolean {
    return this.#res.closed || this.#res.destroyed;
  }

  /** Made on first access: most hooks do not use it. */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch();
    return this.#controller.signal;
  }

  /** Removes the listener once the answer begins: a response may live as long as a stream. */
  dispose(): void {
    if (this.#leave) this.#res.off('close', this.#leave);
  }

  #watch(): AbortController {
    const controller = new AbortController();
    this.#leave = () => {
      controller.abort();
    };
    if (this.hasAborted()) controller.abort();
    else this.#res.once('close', this.#leave);
    return controller;
  }
}
