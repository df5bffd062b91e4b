// What a trail of calls needs to know of its session.

/** The session whose calls are noted. */
export interface TrailedSession {
  readonly id: string;
  readonly principal: string | undefined;
  readonly address: string | undefined;
  readonly state: 'open' | 'detached' | 'closed';
  readonly sender: {
    /** The client has read all messages up to this one, or they are no longer kept. */
    readonly readOffset: number;
    readonly resumeStrategy: {
      readonly resumable: boolean;
      readonly token: string | undefined;
      readonly key: string | undefined;
    };
  };
}
