// Finds the name that a misspelt one probably means.
/** The name in `known` that `name` probably means; undefined if none is close enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: edits(wanted, lastPart(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (!best || best.edits > Math.max(2, name.length / 3)) return undefined;
  // If every letter differs, it is another word.
  return best.edits < name.length ? best.candidate : undefined;
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1).toLowerCase();
}

/** The Levenshtein distance, one row of its matrix for each letter of `a`. */
function edits(a: string, b: string): number {
  const letters = b.split('');
  let row = letters.map((_, index) => index + 1);
  let distance = b.length;
  for (let read = 0; read < a.length; read += 1) {
    // To the empty beginning, before this letter and with it.
    let corner = read;
    distance = read + 1;
    row = row.map((above, index) => {
      const replaced = corner + (a[read] === letters[index] ? 0 : 1);
      corner = above;
      distance = Math.min(replaced, above + 1, distance + 1);
      return distance;
    });
  }
  return distance;
}
