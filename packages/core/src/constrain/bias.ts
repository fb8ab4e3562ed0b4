// What is added to the logits of tokens before one is chosen.

import type { GapConstraint } from '../text/constraint.js';
import { type ByteTrie, tokensSpelt } from './byte-trie.js';

type Given = NonNullable<GapConstraint['bias']>;

type Entry = { readonly by: number } & (
  | { readonly id: number }
  | { readonly spellings: readonly Uint8Array[]; readonly whole: ReadonlySet<number> }
);

export class Bias {
  readonly #entries: readonly Entry[];
  readonly #trie: ByteTrie;
  readonly #bytesOf: (id: number) => Uint8Array;

  constructor(given: Given, trie: ByteTrie, bytesOf: (id: number) => Uint8Array) {
    this.#trie = trie;
    this.#bytesOf = bytesOf;
    const entries = Array.isArray(given)
      ? (given as readonly [string | number, number][])
      : Object.entries(given);
    this.#entries = entries.map(([what, by]): Entry => {
      if (typeof what === 'number') return { by, id: what };
      // With the space before it, and without.
      const spellings = [what, ` ${what}`].map((text) => new TextEncoder().encode(text));
      return { by, spellings, whole: new Set(spellings.flatMap((one) => [...tokensSpelt(trie, one)])) };
    });
  }

  /** @param before ids of the gap so far: a text of several tokens is complete with its last one */
  add(logits: Float32Array, before: readonly number[]): void {
    for (const entry of this.#entries) {
      const ids =
        'id' in entry ? [entry.id] : new Set([...entry.whole, ...this.#completing(entry.spellings, before)]);
      for (const id of ids) logits[id]! += entry.by;
    }
  }

  #completing(spellings: readonly Uint8Array[], before: readonly number[]): number[] {
    const longest = Math.max(...spellings.map(({ length }) => length));
    const found: number[] = [];
    let tail: number[] = [];
    for (let i = before.length - 1; i >= 0 && tail.length < longest; i--) {
      tail = [...this.#bytesOf(before[i]!), ...tail];
      for (const spelling of spellings)
        if (tail.length < spelling.length && tail.every((byte, at) => byte === spelling[at]))
          found.push(...tokensSpelt(this.#trie, spelling.subarray(tail.length)));
    }
    return found;
  }
}
