// Counts for people to read.

/** For example "1.18 billion" or "5.87 million". */
export function readableCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} billion`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(2)} million` : String(count);
}
