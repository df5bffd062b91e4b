// Lets another entry point run the delivery of messages in a context of its own.

/** Runs `next`, once and in this tick, in whichever context it likes. Must not throw itself. */
export type AroundDelivery = (session: object, message: unknown, next: () => void) => void;

const arounds = new Set<AroundDelivery>();

/** Puts `around` around every delivery, until the function that it returns is called. */
export function aroundDelivery(around: AroundDelivery): () => void {
  // A new function, so that the same `around` can be added twice and removed once.
  const own: AroundDelivery = (...delivery) => around(...delivery);
  arounds.add(own);
  return () => {
    arounds.delete(own);
  };
}

/** Hands a message of the client to the server of its session. */
export function deliver(session: object, message: unknown, next: () => void): void {
  let run = next;
  for (const around of arounds) {
    const inner = run;
    run = () => around(session, message, inner);
  }
  run();
}
