// ROUGE-1, ROUGE-2 and ROUGE-L as Google's rouge_score counts them, without its stemmer. Other libraries split words in other ways.

export interface Rouge {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Lower case; whatever is no letter a-z and no digit separates words. */
export function rougeWords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** Runs of n words in common, each counted as often as in the text that has it less often. */
export function rougeN(reference: string, candidate: string, n: number): Rouge {
  const [expected, found] = [reference, candidate].map((text) => runsOf(rougeWords(text), n)) as [
    Map<string, number>,
    Map<string, number>,
  ];
  let common = 0;
  for (const [run, count] of expected) common += Math.min(count, found.get(run) ?? 0);
  return rougeOf(common, total(expected), total(found));
}

/** The longest sequence of words that both have in this order. */
export function rougeL(reference: string, candidate: string): Rouge {
  const [expected, found] = [rougeWords(reference), rougeWords(candidate)];
  return rougeOf(longestCommon(expected, found), expected.length, found.length);
}

function rougeOf(common: number, expected: number, found: number): Rouge {
  const precision = common / Math.max(1, found);
  const recall = common / Math.max(1, expected);
  return { precision, recall, f1: common === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

function runsOf(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start++) {
    const run = words.slice(start, start + n).join(' ');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Uint32Array(b.length + 1);
  for (const word of a) {
    const next = new Uint32Array(b.length + 1);
    for (let i = 0; i < b.length; i++)
      next[i + 1] = word === b[i] ? row[i]! + 1 : Math.max(row[i + 1]!, next[i]!);
    row = next;
  }
  return row[b.length]!;
}
