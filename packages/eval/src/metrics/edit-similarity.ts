// Edit similarity: how much of a text stands, after the fewest insertions, deletions and replacements of characters.

/** 1 - distance / length of the longer text; 1 for two empty texts. */
export function editSimilarity(a: string, b: string): number {
  const [first, second] = [Array.from(a), Array.from(b)];
  const longest = Math.max(first.length, second.length);
  return longest === 0 ? 1 : 1 - levenshtein(first, second) / longest;
}

function levenshtein(a: readonly string[], b: readonly string[]): number {
  let row = Uint32Array.from({ length: b.length + 1 }, (_, i) => i);
  a.forEach((character, i) => {
    const next = new Uint32Array(b.length + 1);
    next[0] = i + 1;
    for (let k = 0; k < b.length; k++)
      next[k + 1] = Math.min(row[k]! + (character === b[k] ? 0 : 1), row[k + 1]! + 1, next[k]! + 1);
    row = next;
  });
  return row[b.length]!;
}
