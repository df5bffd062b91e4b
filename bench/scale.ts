/** How much of each work is done. Times in milliseconds. */
const full = {
  rounds: 7,
  /** Of works that open thousands of sessions in each round, or wait for a stalled reader. */
  longRounds: 3,
  /** How long calls are kept going in one round. */
  windowMs: 1_500,
  warmUpMs: 2_000,
  /** Unmeasured calls before those of each round: connections are accepted, caches filled. */
  leadInMs: 200,
  /** Of 20,000 events each. */
  bursts: 6,
  turns: 16_000,
  broadcastSessions: 1_000,
  openings: 2_000,
  idleSessions: 10_000,
  stalledMebibytes: 200,
  growthFew: 100,
  growthSome: 1_000,
  growthMany: 10_000,
  relayedSessions: 1_000,
  /** How long calls are made by the clock. */
  pacedMs: 3_000,
  /** At a time, at most. */
  sockets: 10_500,
};

export type Scale = Readonly<typeof full>;

/** Under three minutes on two cores. */
const quick: Scale = {
  ...full,
  rounds: 5,
  longRounds: 1,
  windowMs: 200,
  warmUpMs: 700,
  leadInMs: 60,
  bursts: 2,
  turns: 4_800,
  openings: 1_000,
  idleSessions: 2_000,
  growthMany: 2_000,
  relayedSessions: 200,
  pacedMs: 1_000,
  sockets: 2_500,
};

/** Shows that all works and subjects run. The figures mean nothing. */
const smoke: Scale = {
  ...quick,
  rounds: 1,
  windowMs: 50,
  warmUpMs: 50,
  idleSessions: 64,
  stalledMebibytes: 20,
};

export const scales = { full, quick, smoke };

export type Form = keyof typeof scales;
