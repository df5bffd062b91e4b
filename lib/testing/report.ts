import type { Inbox } from './inbox.js';
import type { StreamEnd } from './stream.js';

/** How much is shown of each event, and how many of the newest. */
const SHOWN_CHARACTERS = 400;
const SHOWN_EVENTS = 20;

const ENDS: Readonly<Record<StreamEnd, string>> = {
  ended: 'the server has ended the stream',
  aborted: 'the connection of the stream broke',
  dropped: 'the stream was dropped or closed by the test',
};

/** The error of a wait that was in vain: what for, and what did arrive instead. */
export function inVain(
  what: string,
  timeoutMs: number,
  inbox: Inbox,
  end: StreamEnd | undefined,
): Error {
  const why = end ? `${what}: ${ENDS[end]}` : `${what} within ${timeoutMs} ms`;
  return new Error(`${why}\n${arrivals(inbox)}`);
}

function arrivals({ events, comments, untaken }: Inbox): string {
  const left = new Set(untaken.map(({ event }) => event));
  const lines = events.slice(-SHOWN_EVENTS).map((event) => {
    const id = event.id === undefined ? '' : ` (id ${event.id})`;
    const data =
      event.data.length > SHOWN_CHARACTERS
        ? `${event.data.slice(0, SHOWN_CHARACTERS)}… ${event.data.length} characters`
        : event.data;
    return `${left.has(event) ? '  * ' : '    '}${event.event}${id}: ${data}`;
  });
  if (events.length > lines.length) lines.unshift(`    … ${events.length - lines.length} earlier`);
  const counts = `${counted(events.length, 'event')} and ${counted(comments.length, 'comment')}`;
  const note = left.size > 0 ? ', with * those that no wait has taken' : '';
  return [`received: ${counts}${note}`, ...lines].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
