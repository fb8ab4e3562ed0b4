// Random regular expressions and numbers for tests, by a seed.
import { randomKey } from '../random.js';

/** Numbers in [0, 1), always the same for a seed. */
export function numbersOf(seed: number): () => number {
  const key = randomKey(seed);
  let count = 0;
  return () => key.uniform(0, count++);
}

export function pick<T>(from: readonly T[], next: () => number): T {
  return from[Math.floor(next() * from.length)]!;
}

/** Over some letters, small enough that all texts of a few letters can be tried. */
export function randomPattern(letters: readonly string[], next: () => number, depth = 3): string {
  const inner = () => randomPattern(letters, next, depth - 1);
  if (depth === 0 || next() < 0.2) return pick(letters, next);
  switch (Math.floor(next() * 6)) {
    case 0:
      return `(?:${inner()}|${inner()})`;
    case 1:
      return `(?:${inner()})${pick(['*', '+', '?', '{2}', '{1,3}'], next)}`;
    case 2:
      return `[${next() < 0.4 ? '^' : ''}${pick(letters, next)}${pick(letters, next)}]`;
    case 3:
      return next() < 0.5 ? '.' : pick(letters, next);
    default:
      return inner() + inner();
  }
}
