// Times on the command line: 500ms, 10s, 2m, 1.5h; a bare number is seconds.
import { longestMs } from '../ranges.js';

const millisecondsOf = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds. @throws Error as oclif's own parsers do */
export function parseDuration(input: string): number {
  const [, value = '', unit = 's'] = /^(\d+\.?\d*|\.\d+)(ms|s|m|h)?$/.exec(input.trim()) ?? [];
  const milliseconds = Number(value) * millisecondsOf[unit as keyof typeof millisecondsOf];
  if (value !== '' && milliseconds > 0 && milliseconds <= longestMs) return milliseconds;
  throw new Error(
    `it must be a time above 0 and of at most ${longestMs / millisecondsOf.h} h, such as 500ms, 10s or 2m, and is ${input}`,
  );
}
