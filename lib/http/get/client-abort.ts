// Whether the client leaves before it is answered.
import type { ServerResponse } from 'node:http';

/** Whether the client leaves before it is answered. Hooks may want to know at once. */
export class ClientAbort {
  readonly #res: ServerResponse;
  #controller: AbortController | undefined;
  #leave: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** [node] One who left while middleware in front awaited is not announced by `close` any more. */
  hasAborted(): boolean {
    return this.#res.closed || this.#res.destroyed;
  }

  /** Made when it is asked for: most hooks never do. */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch();
    return this.#controller.signal;
  }

  /** The client is answered: nothing stays at the response, which may live as long as a stream. */
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
