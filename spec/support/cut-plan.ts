/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Where the streams of one client are cut, one after the other. The first one is spared until the
 * client is through with its handshake.
 */
export function cutPlan(seed: number): () => number {
  const random = seededRandom(seed);
  const upTo = (bytes: number): number => Math.floor(random() * bytes);
  const places = [
    () => 600 + upTo(4_000), // somewhere in what is live
    () => 0, // between the headers and the first event
    () => upTo(400), // while the missed messages are replayed, mostly
    () => upTo(120), // in the first event, and
    () => upTo(120), // once more
    () => 600 + upTo(8_000),
  ];
  let streams = 0;
  return () => {
    const stream = streams++;
    return stream === 0 ? 2_000 + upTo(2_000) : places[stream % places.length]!();
  };
}
