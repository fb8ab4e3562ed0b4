// The text before a gap may have the space that the gap's first token carries: it is no part of the fill.
import { type CharacterAutomaton, firstMove, type Moves } from './characters.js';

/**
 * What becomes of a space at the beginning of a gap's tokens. `carried`: it must be there, and is left out of the text. `dropped`: where it
 * is there, it is left out. `spare`: it is left out, and is there only where the fill begins with another one. `kept`: it is text as any other.
 */
export type Border = 'carried' | 'dropped' | 'spare' | 'kept';

const space = 0x20;

/** What the tokens of a gap spell where its text is one of an automaton's. */
export function behindBorder(inner: CharacterAutomaton, border: Border): CharacterAutomaton {
  if (border === 'kept') return inner;
  const [start, afterSpace, shift] = [0, 1, 2];
  const shifted = (moves: Moves) => moves.map((value, i) => (i % 3 === 2 ? value + shift : value));
  const own = shifted(inner.moves(inner.start));
  const at = firstMove(own, space);
  const isSpace = own[at] !== undefined && own[at] <= space;
  const [first = 0, last = 0, state = 0] = isSpace ? own.slice(at, at + 3) : [];
  const others = [
    ...own.slice(0, at),
    ...(isSpace && first < space ? [first, space - 1, state] : []),
    space,
    space,
    border === 'spare' ? afterSpace : inner.start + shift,
    ...(isSpace && last > space ? [space + 1, last, state] : []),
    ...own.slice(isSpace ? at + 3 : at),
  ];
  const fromStart = border === 'carried' ? [space, space, inner.start + shift] : others;
  const fromSpace = isSpace ? [space, space, state] : [];
  return {
    start,
    moves(from) {
      if (from === start) return fromStart;
      return from === afterSpace ? fromSpace : shifted(inner.moves(from - shift));
    },
    accepts: (at) => at >= shift && inner.accepts(at - shift),
  };
}
