// Makes the errors of failed waits, with the events that did arrive.
import type { ReceivedEvent } from '../wire/sse-parser.js';
import type { Inbox } from './inbox.js';
import type { Stream, StreamEnd } from './stream.js';

/** The most events that an error shows, newest last, and the most characters of each. */
const SHOWN_EVENTS = 20;
const SHOWN_CHARACTERS = 400;

const ENDS: Readonly<Record<StreamEnd, string>> = {
  ended: 'the server has ended the stream',
  aborted: 'the connection of the stream broke',
  dropped: 'the test has dropped or closed the stream',
};

/** Makes an error that says what did not arrive, why, and what arrived instead. */
export function timeoutError(what: string, timeoutMs: number, inbox: Inbox, stream: Stream): Error {
  const why = stream.end ? `: ${ENDS[stream.end]}` : ` within ${timeoutMs} ms`;
  return new Error(`${what}${why}\n${arrivals(inbox, stream.text)}`);
}

function arrivals({ events, comments, unclaimed }: Inbox, text: string): string {
  const counts = `received: ${counted(events, 'event')} and ${counted(comments, 'comment')}`;
  if (events.length === 0) {
    // Text without a blank line at its end is not an event, but it helps to find the mistake.
    return text === '' ? counts : `${counts}, as text: ${shortened(JSON.stringify(text))}`;
  }
  const left = new Set(unclaimed.map(({ event }) => event));
  const note = left.size > 0 ? '; no wait has taken those with *' : '';
  const shown = events.slice(-SHOWN_EVENTS).map((event) => lineOf(event, left.has(event)));
  const earlier = events.length - shown.length;
  if (earlier > 0) shown.unshift(`    … ${earlier} earlier`);
  return [counts + note, ...shown].join('\n');
}

function lineOf({ event, id, data }: ReceivedEvent, isLeft: boolean): string {
  const name = id === undefined ? event : `${event} (id ${id})`;
  return `${isLeft ? '  * ' : '    '}${name}: ${shortened(data)}`;
}

function shortened(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`;
}

function counted({ length }: readonly unknown[], noun: string): string {
  return `${length} ${noun}${length === 1 ? '' : 's'}`;
}
