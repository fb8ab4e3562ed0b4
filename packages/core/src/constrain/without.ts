// Texts that hold none of some others (Aho and Corasick, Efficient string matching, 1975).
import { type CharacterAutomaton, lastCharacter, type Moves } from './characters.js';

interface Node {
  readonly next: Map<number, Node>;
  /** Where the longest end of this beginning goes on as one. */
  back: Node | undefined;
  isBanned: boolean;
  number: number;
}

export function without(texts: readonly string[]): CharacterAutomaton {
  const nodes: Node[] = [];
  const add = (): Node => {
    const node = { next: new Map<number, Node>(), back: undefined, isBanned: false, number: nodes.length };
    nodes.push(node);
    return node;
  };
  const root = add();
  for (const text of texts) {
    let node = root;
    for (const one of text) {
      const character = one.codePointAt(0)!;
      const next = node.next.get(character) ?? add();
      node.next.set(character, next);
      node = next;
    }
    node.isBanned = true;
  }
  const characters = [...new Set(nodes.flatMap(({ next }) => [...next.keys()]))].sort((a, b) => a - b);
  const after = (node: Node | undefined, character: number): Node => {
    for (let at = node; at; at = at.back) {
      const next = at.next.get(character);
      if (next) return next;
    }
    return root;
  };
  // Shorter beginnings first.
  for (let level = [root]; level.length > 0; level = level.flatMap(({ next }) => [...next.values()]))
    for (const node of level)
      for (const [character, next] of node.next) {
        next.back = after(node.back, character);
        next.isBanned ||= next.back.isBanned;
      }
  const known: Moves[] = [];
  return { start: 0, moves: (state) => (known[state] ??= movesOf(nodes[state]!)), accepts: () => true };

  function movesOf(node: Node): Moves {
    const moves: number[] = [];
    let from = 0;
    for (const character of characters) {
      if (character > from) moves.push(from, character - 1, 0);
      const next = after(node, character);
      if (!next.isBanned) moves.push(character, character, next.number);
      from = character + 1;
    }
    if (from <= lastCharacter) moves.push(from, lastCharacter, 0);
    return moves;
  }
}
