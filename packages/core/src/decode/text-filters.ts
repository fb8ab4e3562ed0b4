// What the text around a gap asks of its tokens: a space where the text has one, whole characters, no line break where lines are read.
import {
  type TokenDemand,
  type TokenTexts,
  tokenTexts,
  type Utf8State,
  wholeCharacters,
} from '../text/token-texts.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { LogitFilter } from './choose.js';
import type { PreparedInput } from './prepare.js';

export interface TextFilterOptions {
  /** Whether a fill may break the line. */
  readonly lineBreaks: boolean;
}

/**
 * Follows a sequence that is filled from the left. Sequences that came as ids are not followed: their text is nobody's.
 * @returns a function that gives the filter of the masked position with this index, and is told what was chosen before it
 */
export class TextFilters {
  readonly #texts: TokenTexts;
  readonly #prepared: PreparedInput;
  readonly #lineBreaks: boolean;
  /** Positions to fill that follow each one directly, without text between them. */
  readonly #left: readonly number[];
  #state: Utf8State = wholeCharacters;
  /** Index of the first position that the state has not heard of. */
  #next = 0;

  constructor(
    vocabulary: Pick<Vocabulary, 'size' | 'bytesOf'>,
    prepared: PreparedInput,
    { lineBreaks }: TextFilterOptions,
  ) {
    this.#texts = tokenTexts(vocabulary);
    this.#prepared = prepared;
    this.#lineBreaks = lineBreaks;
    const { positions, kept, constraints } = prepared;
    // A fill of which something is asked has whole characters.
    const isAsked = (index: number) => constraints?.[prepared.place(index).gap] !== undefined;
    const isBorder = (index: number) =>
      this.#leadOf(index) !== undefined ||
      (prepared.place(index).index === 0 && (isAsked(index - 1) || isAsked(index)));
    const left = positions.map(() => 0);
    for (let i = positions.length - 2; i >= 0; i--)
      if (positions[i + 1] === positions[i]! + 1 && !isBorder(i + 1))
        left[i] = kept.has(positions[i + 1]!) && !kept.has(positions[i]!) ? 0 : left[i + 1]! + 1;
    this.#left = left;
  }

  /** For the position with this index, once those before it are chosen, or kept. */
  at(index: number): LogitFilter {
    this.#readKept(index);
    return this.#filter(index, this.#state);
  }

  /** For one that is guessed ahead: as if whole characters stood before it. */
  ahead(index: number): LogitFilter {
    return this.#filter(index, wholeCharacters);
  }

  /** For one that is filled in any order: its token has to be of whole characters by itself. */
  alone(index: number): LogitFilter {
    return this.#filter(index, wholeCharacters, 0);
  }

  /** What `at` allows, by id: the same array wherever the same is asked. */
  allowedAt(index: number): Uint8Array {
    this.#readKept(index);
    return this.#texts.allowed(this.#demand(index), this.#state);
  }

  /** What `ahead` allows, as `allowedAt`. */
  allowedAhead(index: number): Uint8Array {
    return this.#texts.allowed(this.#demand(index), wholeCharacters);
  }

  #demand(index: number, left = this.#left[index]!): TokenDemand {
    return { lead: this.#leadOf(index), missing: Math.min(3, left), lineBreaks: this.#lineBreaks };
  }

  #filter(index: number, state: Utf8State, left?: number): LogitFilter {
    const demand = this.#demand(index, left);
    return (logits) => {
      withholdOthers(logits, this.#texts.allowed(demand, state));
    };
  }

  /** What the text asks the token at this index to begin with: where it asks anything, there is text before it, if only a space. */
  #leadOf(index: number): string | undefined {
    const { gap, index: place } = this.#prepared.place(index);
    return place === 0 ? this.#prepared.gaps[gap]!.lead : undefined;
  }

  /** The token that was chosen for the position whose filter was asked for last. */
  chosen(index: number, id: number): void {
    const isLast = this.#left[index] === 0;
    this.#state = isLast ? wholeCharacters : (this.#texts.after(this.#state, id) ?? wholeCharacters);
    this.#next = index + 1;
  }

  /** A kept token before may end within a character, which the next one then completes. */
  #readKept(before: number): void {
    const { positions, kept } = this.#prepared;
    while (this.#next < before) this.chosen(this.#next, kept.get(positions[this.#next]!)!);
  }
}

/** Of each array of what is allowed, the ids that are not: it asks the same of many positions. */
const othersOf = new WeakMap<Uint8Array, Int32Array>();

/**
 * Takes out of `logits` [V] what is not allowed. A vocabulary that has no such token is filled as it can be.
 * @param allowed 1 for each id that is; it does not change
 */
export function withholdOthers(logits: Float32Array, allowed: Uint8Array): void {
  let first = 0;
  while (first < logits.length && (allowed[first] !== 1 || logits[first] === -Infinity)) first++;
  if (first === logits.length) return;
  let others = othersOf.get(allowed);
  if (!others) {
    others = Int32Array.from([...allowed.keys()].filter((id) => allowed[id] !== 1));
    othersOf.set(allowed, others);
  }
  for (let i = 0; i < others.length; i++) logits[others[i]!] = -Infinity;
  logits.fill(-Infinity, allowed.length);
}
