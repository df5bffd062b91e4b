// A list of allowed hosts or origins, with wildcards.
/** A name or an origin with `*` for its first label, cut in two at the star. */
interface Pattern {
  readonly before: string;
  readonly after: string;
}

/**
 * Names or origins that are allowed. `*.` stands for exactly one label, as in a certificate:
 * `https://*.example.com` takes `https://a.example.com`, but neither `https://example.com` nor
 * `https://a.b.example.com`. Case does not matter; a port must be the one that is listed.
 */
export class AllowList {
  readonly #texts = new Set<string>();
  readonly #patterns: Pattern[] = [];

  constructor(entries: readonly string[]) {
    for (const entry of entries.map((each) => each.toLowerCase())) {
      const star = entry.indexOf('*');
      if (star < 0) this.#texts.add(entry);
      else this.#patterns.push({ before: entry.slice(0, star), after: entry.slice(star + 1) });
    }
  }

  /** @param text in lower case */
  has(text: string): boolean {
    return this.#texts.has(text) || this.#patterns.some((pattern) => isMatch(text, pattern));
  }
}

function isMatch(text: string, { before, after }: Pattern): boolean {
  const label = text.slice(before.length, -after.length);
  // Only a label may replace the star: no dot, slash, port or user.
  return text.startsWith(before) && text.endsWith(after) && /^[\w-]+$/.test(label);
}
