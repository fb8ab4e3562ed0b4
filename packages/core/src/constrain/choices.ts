// One of several texts, as an automaton: beginnings and ends that they share are there once.
import type { CharacterAutomaton, Moves } from './characters.js';
import { Numbered } from './limits.js';

interface Node {
  readonly moves: Moves;
  readonly isEnd: boolean;
}

export function oneOf(choices: readonly string[]): CharacterAutomaton {
  const nodes = new Numbered<Node>();
  const texts = [...new Set(choices)]
    .map((choice) => [...choice].map((one) => one.codePointAt(0)!))
    .sort(byCharacters);
  const start = nodeOf(texts, 0, texts.length, 0);
  return {
    start,
    moves: (state) => nodes.items[state]!.moves,
    accepts: (state) => nodes.items[state]!.isEnd,
  };

  /** Of the texts from `from` to `to`, which share their first `depth` characters. */
  function nodeOf(sorted: readonly number[][], from: number, to: number, depth: number): number {
    const moves: number[] = [];
    const isEnd = sorted[from]!.length === depth;
    for (let i = isEnd ? from + 1 : from; i < to; ) {
      const character = sorted[i]![depth]!;
      let end = i + 1;
      while (end < to && sorted[end]![depth] === character) end++;
      moves.push(character, character, nodeOf(sorted, i, end, depth + 1));
      i = end;
    }
    return nodes.of(`${isEnd} ${moves}`, () => ({ moves, isEnd }));
  }
}

/** A text before those that go on from it. */
function byCharacters(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
