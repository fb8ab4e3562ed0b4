// One of several texts, as an automaton: beginnings and ends that they share are there once.
import type { CharacterAutomaton, Moves } from './characters.js';
import { Numbered } from './limits.js';

interface Node {
  readonly moves: Moves;
  readonly isEnd: boolean;
}

/** One that later texts may still go on from. */
interface OpenNode {
  /** That leads to it. */
  readonly character: number;
  readonly moves: number[];
  isEnd: boolean;
}

export function oneOf(choices: readonly string[]): CharacterAutomaton {
  const nodes = new Numbered<Node>();
  const texts = [...new Set(choices)]
    .map((choice) => [...choice].map((one) => one.codePointAt(0)!))
    .sort(byCharacters);
  /** The nodes of the text that was read last. */
  const open: OpenNode[] = [{ character: 0, moves: [], isEnd: false }];
  for (const text of texts) {
    let shared = 0;
    while (shared < text.length && open[shared + 1]?.character === text[shared]) shared++;
    closeAfter(shared);
    for (const character of text.slice(shared)) open.push({ character, moves: [], isEnd: false });
    open.at(-1)!.isEnd = true;
  }
  closeAfter(0);
  const start = closed(open[0]!);
  return {
    start,
    moves: (state) => nodes.items[state]!.moves,
    accepts: (state) => nodes.items[state]!.isEnd,
  };

  function closeAfter(depth: number): void {
    while (open.length > depth + 1) {
      const node = open.pop()!;
      open.at(-1)!.moves.push(node.character, node.character, closed(node));
    }
  }

  function closed({ moves, isEnd }: OpenNode): number {
    return nodes.of(`${isEnd} ${moves}`, () => ({ moves, isEnd }));
  }
}

/** A text before those that go on from it. */
function byCharacters(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
