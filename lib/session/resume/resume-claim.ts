// The claim of a returning client on its session.
/** The claim of a returning client on its session, as plain data. */
export type ResumeClaim =
  | { readonly by: 'event-id'; readonly token: string; readonly offset: number }
  | {
      readonly by: 'probe';
      readonly sessionId: string;
      readonly position: string | undefined;
      /** The client's address, as `trust proxy` determines it. */
      readonly address: string | undefined;
    }
  | { readonly by: 'key'; readonly key: string };

/** Joins a key with its principal: the same key of two principals names two sessions. */
export function keyOf(principal: string | undefined, key: string): string {
  return JSON.stringify([principal, key]);
}
