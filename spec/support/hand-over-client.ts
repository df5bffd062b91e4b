import { createParser } from 'eventsource-parser';

import type { JsonRpcMessage } from '../../lib/index.js';
import { FakeResponse } from './fake-response.js';

/** A client with `Last-Event-ID`, which writes down what it is given. */
export class ModelClient {
  lastId = '';
  response: FakeResponse | undefined;
  /** By the node that has sent them: numbers of messages, and of broadcasts. */
  readonly seen = new Map<string, number[]>();
  /** By the id of the request: how often it was answered. */
  readonly answers = new Map<unknown, number>();
  /** It was told that its session is no more. */
  told404 = false;

  listen(): FakeResponse {
    const response = new FakeResponse();
    const parser = createParser({
      onEvent: ({ event, data, id }) => {
        this.lastId = id ?? this.lastId;
        if (event !== 'endpoint') this.#take(JSON.parse(data) as JsonRpcMessage);
      },
    });
    response.onWrite = (chunk) => {
      if (this.response === response) parser.feed(chunk);
    };
    response.on('close', () => {
      if (this.response === response) this.response = undefined;
    });
    return response;
  }

  drop(): void {
    const { response } = this;
    this.response = undefined;
    response?.close();
  }

  #take(message: JsonRpcMessage): void {
    if (!('method' in message)) {
      this.answers.set(message.id, (this.answers.get(message.id) ?? 0) + 1);
      return;
    }
    const { from, n } = message.params as { from: string; n: number };
    this.seen.set(from, [...(this.seen.get(from) ?? []), n]);
  }
}
