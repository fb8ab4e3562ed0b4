// Automata over characters (code points), whose states are made when they are first reached.
import { Numbered } from './limits.js';

export const lastCharacter = 0x10ffff;

/** Ranges of characters that do not overlap, ascending, and the state that each leads to: first, last, state, first, last, state, … */
export type Moves = readonly number[];

export interface CharacterAutomaton {
  readonly start: number;
  moves(state: number): Moves;
  /** Whether a text may end here. */
  accepts(state: number): boolean;
}

/** The state after a character; undefined where there is no way on. */
export function moveBy(moves: Moves, character: number): number | undefined {
  const at = firstMove(moves, character);
  return at < moves.length && moves[at]! <= character ? moves[at + 2] : undefined;
}

/** Index of the first range that does not end before the character. */
export function firstMove(moves: Moves, character: number): number {
  let low = 0;
  let high = moves.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moves[3 * middle + 1]! < character) low = middle + 1;
    else high = middle;
  }
  return 3 * low;
}

/** What both take. */
export function both(a: CharacterAutomaton, b: CharacterAutomaton): CharacterAutomaton {
  const pairs = new Numbered<readonly [number, number]>();
  const numberOf = (inA: number, inB: number) => pairs.of(inA * 2 ** 26 + inB, () => [inA, inB]);
  const known: Moves[] = [];
  return {
    start: numberOf(a.start, b.start),
    moves(state) {
      const [inA, inB] = pairs.items[state]!;
      known[state] ??= overlaps(a.moves(inA), b.moves(inB), numberOf);
      return known[state];
    },
    accepts(state) {
      const [inA, inB] = pairs.items[state]!;
      return a.accepts(inA) && b.accepts(inB);
    },
  };
}

function overlaps(a: Moves, b: Moves, numberOf: (inA: number, inB: number) => number): Moves {
  const moves: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = Math.max(a[i]!, b[j]!);
    const last = Math.min(a[i + 1]!, b[j + 1]!);
    if (first <= last) moves.push(first, last, numberOf(a[i + 2]!, b[j + 2]!));
    if (a[i + 1]! < b[j + 1]!) i += 3;
    else j += 3;
  }
  return moves;
}

/** Texts of any characters but these ranges, which ascend: first, last, first, last, … */
export function anythingBut(ranges: readonly number[] = []): CharacterAutomaton {
  const moves: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) moves.push(next, ranges[i]! - 1, 0);
    next = ranges[i + 1]! + 1;
  }
  moves.push(next, lastCharacter, 0);
  return { start: 0, moves: () => moves, accepts: () => true };
}

/** Texts of so many characters. */
export function counted(min: number, max: number): CharacterAutomaton {
  return {
    start: 0,
    moves: (count) => (count < max ? [0, lastCharacter, count + 1] : []),
    accepts: (count) => count >= min,
  };
}

/** So many texts of another automaton, with a separator between them that none of them has. */
export function separated(
  one: CharacterAutomaton,
  separator: number,
  min: number,
  max: number,
): CharacterAutomaton {
  const states = new Numbered<readonly [count: number, inner: number]>();
  const numberOf = (count: number, inner: number) => states.of(inner * 2 ** 26 + count, () => [count, inner]);
  return {
    start: numberOf(1, one.start),
    moves(state) {
      const [count, inner] = states.items[state]!;
      const moves: number[] = [];
      const own = one.moves(inner);
      const at = firstMove(own, separator);
      for (let i = 0; i < own.length; i += 3) {
        if (i === at) separate();
        moves.push(own[i]!, own[i + 1]!, numberOf(count, own[i + 2]!));
      }
      if (at === own.length) separate();
      return moves;

      function separate() {
        if (one.accepts(inner) && count < max)
          moves.push(separator, separator, numberOf(count + 1, one.start));
      }
    },
    accepts(state) {
      const [count, inner] = states.items[state]!;
      return count >= min && one.accepts(inner);
    },
  };
}
