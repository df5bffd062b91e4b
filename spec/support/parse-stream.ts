import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface ParsedStream {
  readonly events: EventSourceMessage[];
  readonly comments: string[];
  readonly retries: number[];
  readonly errors: Error[];
}

/** What a client makes of `text` when it arrives as UTF-8 in pieces of at most `chunkBytes`. */
export function parseStream(text: string, chunkBytes = Infinity): ParsedStream {
  const parsed: ParsedStream = { events: [], comments: [], retries: [], errors: [] };
  const parser = createParser({
    onEvent: (event) => parsed.events.push(event),
    onComment: (comment) => parsed.comments.push(comment),
    onRetry: (retry) => parsed.retries.push(retry),
    onError: (error) => parsed.errors.push(error),
  });
  const bytes = Buffer.from(text);
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    parser.feed(decoder.decode(bytes.subarray(at, at + chunkBytes), { stream: true }));
  }
  return parsed;
}
