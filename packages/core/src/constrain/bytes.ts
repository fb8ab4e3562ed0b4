// An automaton over characters, walked by their bytes in UTF-8.
import { type CharacterAutomaton, firstMove, type Moves, moveBy } from './characters.js';
import { Numbered } from './limits.js';

/** No way on. */
export const dead = -1;

const unknown = -2;

/** Within a character: how many bytes it lacks, and which characters it may still be. */
interface Place {
  readonly missing: number;
  /** The first of them. */
  readonly least: number;
  /** The state before it; or, where all of them lead to the same one, that one. */
  readonly state: number;
  readonly isSettled: boolean;
}

export class ByteAutomaton {
  readonly start: number;
  readonly #characters: CharacterAutomaton;
  readonly #moves: Moves[] = [];
  readonly #places = new Numbered<Place>();
  /** By state and byte. */
  #next = new Int32Array(256 * 64).fill(unknown);

  constructor(characters: CharacterAutomaton) {
    this.#characters = characters;
    this.start = this.#between(characters.start);
  }

  /** Whether a text may end here. */
  accepts(place: number): boolean {
    const { missing, state } = this.#places.items[place]!;
    return missing === 0 && this.#characters.accepts(state);
  }

  step(place: number, byte: number): number {
    const at = 256 * place + byte;
    if (at >= this.#next.length) this.#grow(at);
    const known = this.#next[at]!;
    if (known !== unknown) return known;
    const next = this.#compute(this.#places.items[place]!, byte);
    this.#next[at] = next;
    return next;
  }

  #grow(atLeast: number): void {
    const next = new Int32Array(Math.max(2 * this.#next.length, 256 * ((atLeast >>> 8) + 1))).fill(unknown);
    next.set(this.#next);
    this.#next = next;
  }

  /** Made once: those of an alphabet are many. */
  #movesOf(state: number): Moves {
    this.#moves[state] ??= this.#characters.moves(state);
    return this.#moves[state];
  }

  /** Between two characters. */
  #between(state: number | undefined): number {
    if (state === undefined) return dead;
    return this.#settled(0, state);
  }

  #compute({ missing, least, state, isSettled }: Place, byte: number): number {
    if (missing === 0) {
      if (byte < 0x80) return this.#between(moveBy(this.#movesOf(state), byte));
      if (byte >= 0xc2 && byte <= 0xdf) return this.#within(1, (byte & 0x1f) << 6, state);
      if (byte >= 0xe0 && byte <= 0xef) return this.#within(2, (byte & 0x0f) << 12, state);
      if (byte >= 0xf0 && byte <= 0xf4) return this.#within(3, (byte & 0x07) << 18, state);
      return dead;
    }
    if (byte < 0x80 || byte > 0xbf) return dead;
    const left = missing - 1;
    if (isSettled) return this.#settled(left, state);
    const from = least + ((byte & 0x3f) << (6 * left));
    if (isMalformed(missing, from)) return dead;
    return left === 0 ? this.#between(moveBy(this.#movesOf(state), from)) : this.#within(left, from, state);
  }

  #within(missing: number, least: number, state: number): number {
    const last = least + 64 ** missing - 1;
    const moves = this.#movesOf(state);
    const at = firstMove(moves, least);
    if (at >= moves.length || moves[at]! > last) return dead;
    // Not all of these are characters.
    const isMixed = least === 0 || least === 0xd000 || least === 0x100000;
    if (!isMixed && moves[at]! <= least && moves[at + 1]! >= last)
      return this.#settled(missing, moves[at + 2]!);
    return this.#places.of(`${state} ${missing} ${least}`, () => ({
      missing,
      least,
      state,
      isSettled: false,
    }));
  }

  #settled(missing: number, state: number): number {
    return this.#places.of(4 * state + missing, () => ({ missing, least: 0, state, isSettled: true }));
  }
}

/** Longer than it need be, half of a surrogate pair, or beyond the last character (RFC 3629). */
function isMalformed(missing: number, from: number): boolean {
  if (missing === 2) return from < 0x800 || (from >= 0xd800 && from < 0xe000);
  return missing === 3 && (from < 0x10000 || from > 0x10ffff);
}
