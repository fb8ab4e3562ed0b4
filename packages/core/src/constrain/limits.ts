// How large a constraint may become. Sizes are counted, not times, so that one is refused everywhere or nowhere.
import { UsageError } from '../errors.js';

export const limits = {
  /** Of an automaton over characters, and of the one over bytes that is made of it. */
  states: 2 ** 16,
  /** Edges of what a regular expression is made into. */
  edges: 2 ** 18,
  /** States of what a regular expression is made into, before it is made deterministic. */
  regexStates: 2 ** 13,
  /** Characters of a regular expression. */
  regexLength: 2 ** 14,
  /** Brackets within brackets. */
  depth: 100,
  /** Places that are looked at while it is told where a gap can still end. */
  work: 10 ** 8,
  /** Answers that are kept: states by tokens left. */
  answers: 2 ** 25,
  /** Tokens that lead on from states, which are kept. */
  keptEdges: 2 ** 21,
};

export function tooLarge(fact: string): UsageError {
  return new UsageError('constraint-too-large', `Cannot constrain a gap: ${fact}.`, {
    try: 'Ask for less: fewer or shorter alternatives, smaller counts, a shorter gap.',
  });
}

/** Numbers for things that are equal by their key. */
export class Numbered<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<string | number, number>();

  of(key: string | number, make: () => T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.items.length >= limits.states)
      throw tooLarge(`what it asks for has more than ${limits.states} states`);
    this.#numbers.set(key, this.items.length);
    return this.items.push(make()) - 1;
  }
}
