// The side of a `ForkedProgram` that runs in the child process.

/** What a forked program says. */
export interface Protocol {
  /** Once it can be used. */
  readonly ready: unknown;
  /** To each request of its parent, by name. */
  readonly answers: object;
}

/** A request of the parent. */
export interface ToChild {
  readonly id: number;
  readonly name: string;
}

export type FromChild =
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown };

type Handlers<Answers extends object> = {
  readonly [Name in keyof Answers]: () => Answers[Name] | Promise<Answers[Name]>;
};

/**
 * Answers the requests of the parent. SIGTERM runs `close`, after which nothing of this module
 * keeps the process alive. The process exits when its parent is gone. Returns what tells the parent
 * that the program is ready.
 */
export function answerParent<Spoken extends Protocol>(
  handlers: Handlers<Spoken['answers']>,
  close: () => Promise<unknown>,
): (ready: Spoken['ready']) => void {
  process.on('message', (message) => {
    const { id, name } = message as ToChild & { name: keyof Spoken['answers'] };
    void (async () => {
      send({ kind: 'answer', id, value: await handlers[name]() });
    })();
  });
  const exit = (): never => process.exit(3);
  process.once('disconnect', exit);
  process.once('SIGTERM', () => {
    void close().then(() => {
      process.off('disconnect', exit);
      if (process.connected) process.disconnect();
    });
  });
  return (value) => {
    send({ kind: 'ready', value });
  };
}

function send(message: FromChild): void {
  process.send?.(message);
}
