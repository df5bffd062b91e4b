// How a client says which session it had.
/** How a client says which session it had: plain data, fit to travel to another node. */
export type ResumeClaim =
  | { readonly by: 'event-id'; readonly token: string; readonly offset: number }
  | {
      readonly by: 'probe';
      readonly sessionId: string;
      readonly position: string | undefined;
      /** The address that the client comes from, as far as proxies are trusted. */
      readonly address: string | undefined;
    }
  | { readonly by: 'key'; readonly key: string };

/** Keys are a principal's own: the same key of two principals names two sessions. */
export function keyOf(principal: string | undefined, key: string): string {
  return JSON.stringify([principal, key]);
}
