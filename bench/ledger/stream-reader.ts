// A session whose client reads its stream, and waits for answers by id.
import { get, type IncomingMessage } from 'node:http';

const HEADERS = { Accept: 'text/event-stream', 'Mcp-Sse-Resume': '1' };

export class StreamReader {
  /** The URL for POSTs. */
  endpoint = '';
  readonly #waiting = new Map<number, () => void>();
  #count = 0;
  #rest = '';

  static async open(url: string): Promise<StreamReader> {
    const reader = new StreamReader();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers: HEADERS, agent: false }, resolve).on('error', reject);
    });
    response.setEncoding('utf8');
    await new Promise<void>((resolve) => {
      response.on('data', (chunk: string) => {
        reader.#take(chunk, url);
        if (reader.endpoint !== '') resolve();
      });
    });
    return reader;
  }

  /** The id of the next call, and when it is answered. */
  nextCall(): { readonly id: number; readonly answered: Promise<void> } {
    const id = (this.#count += 1);
    return { id, answered: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  #take(chunk: string, url: string): void {
    const events = (this.#rest + chunk).split('\n\n');
    this.#rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1] ?? '';
      if (event.includes('event: endpoint')) this.endpoint = new URL(data, url).href;
      else if (data !== '') this.#answer((JSON.parse(data) as { id: number }).id);
    }
  }

  #answer(id: number): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
