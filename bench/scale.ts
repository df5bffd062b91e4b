/** How much of each work is done. Times in milliseconds. */
export interface Scale {
  readonly rounds: number;
  /** Rounds of the works that open thousands of sessions in each, or wait for a stalled one. */
  readonly longRounds: number;
  /** How long calls are kept going in one round. */
  readonly windowMs: number;
  readonly warmUpMs: number;
  /** Unmeasured calls before those of each round: connections are accepted, caches filled. */
  readonly leadInMs: number;
  /** Bursts of 20,000 in one round. */
  readonly bursts: number;
  readonly turns: number;
  readonly broadcastSessions: number;
  readonly openings: number;
  readonly idleSessions: number;
  readonly churnCycles: number;
  /** Sessions in the three steps of growth. */
  readonly growthSteps: readonly [few: number, some: number, many: number];
}

export const full: Scale = {
  rounds: 7,
  longRounds: 3,
  windowMs: 1_500,
  warmUpMs: 2_000,
  leadInMs: 200,
  bursts: 6,
  turns: 16_000,
  broadcastSessions: 1_000,
  openings: 2_000,
  idleSessions: 10_000,
  churnCycles: 10_000,
  growthSteps: [100, 1_000, 10_000],
};

/** Under three minutes on two cores. */
export const quick: Scale = {
  rounds: 6,
  longRounds: 1,
  windowMs: 200,
  warmUpMs: 1_000,
  leadInMs: 60,
  bursts: 2,
  turns: 4_800,
  broadcastSessions: 1_000,
  openings: 1_000,
  idleSessions: 2_000,
  churnCycles: 1_000,
  growthSteps: [100, 1_000, 2_000],
};
