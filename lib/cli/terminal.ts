// What the commands print, and the signals that end them.
import type { McpSseHooks, Session } from '../index.js';
import { shortId } from '../util/guards.js';

/** A line for each session that is opened, and one when it is closed. */
export const sayWhoComes: McpSseHooks = {
  onInitialize(session) {
    const { name = 'unknown', version = '' } = session.clientInfo ?? {};
    say(`opened by ${name} ${version}`.trimEnd(), session);
  },
  onSessionHandOver: (session, node) => say(`moved to node ${node}`, session),
  onSessionRestore: (session) => say('moved here from another node', session),
  onSessionClose(session, reason) {
    const seconds = Math.round((Date.now() - session.openedAt.getTime()) / 1000);
    say(`closed after ${seconds} s: ${reason}, ${session.messagesIn} messages in`, session);
  },
};

/** Resolves at the first signal; a second one ends the process at once. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve();
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

/** Prints one line, without characters of a client or an upstream that could move the cursor. */
export function say(what: string, session?: Session): void {
  const who = session ? ` session ${shortId(session.id)}` : '';
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  const plain = what.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/g, '?');
  process.stdout.write(`${new Date().toISOString()}${who} ${plain.slice(0, 1_000)}\n`);
}
