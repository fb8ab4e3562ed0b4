// Follows the constrained gaps of a sequence that is filled from the left: what each token may be, once those before it are known.
import type { ConstrainedGap } from '../constrain/compile.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { LogitFilter } from './choose.js';
import type { PreparedInput } from './prepare.js';

/** What a constraint does to the logits of one position. */
export interface GapFilters {
  /** Takes out what may not come; absent where nothing is asked. */
  readonly restrict: LogitFilter | undefined;
  /** Adds what tokens are favoured by. */
  readonly favour: LogitFilter | undefined;
}

/** The tokens of a gap so far, and the state after them; undefined where they are not as asked. */
interface Prefix {
  readonly ids: readonly number[];
  readonly state: number | undefined;
}

export class GapFollower {
  readonly #prepared: PreparedInput;
  readonly #bytesOf: Vocabulary['bytesOf'];
  /** What stands before the position with this index, in its gap: chosen, or only guessed. */
  readonly #chosen: Prefix[] = [];
  readonly #guessed: Prefix[] = [];

  constructor({ bytesOf }: Pick<Vocabulary, 'bytesOf'>, prepared: PreparedInput) {
    this.#bytesOf = bytesOf;
    this.#prepared = prepared;
  }

  /** For the position with this index, once those before it are chosen. */
  at(index: number): GapFilters | undefined {
    return this.#filters(index, this.#prefix(this.#chosen, index));
  }

  /** For one that is guessed ahead, after what was guessed for those before it. */
  ahead(index: number): GapFilters | undefined {
    return this.#filters(index, this.#prefix(this.#chosen, index) ?? this.#prefix(this.#guessed, index));
  }

  chosen(index: number, id: number): void {
    this.#add(this.#chosen, index, this.#prefix(this.#chosen, index), id);
  }

  guessed(index: number, id: number): void {
    const before = this.#prefix(this.#chosen, index) ?? this.#prefix(this.#guessed, index);
    this.#add(this.#guessed, index, before, id);
  }

  #gapOf(index: number): ConstrainedGap | undefined {
    return this.#prepared.constraints?.[this.#prepared.place(index).gap];
  }

  #prefix(known: readonly Prefix[], index: number): Prefix | undefined {
    const gap = this.#gapOf(index);
    if (!gap || this.#prepared.place(index).index > 0) return known[index];
    return { ids: gap.before, state: gap.constraint.automaton?.afterAll(gap.before, this.#bytesOf) };
  }

  #add(known: Prefix[], index: number, before: Prefix | undefined, id: number): void {
    const gap = this.#gapOf(index);
    if (!gap || !before) return;
    const { automaton } = gap.constraint;
    const state = before.state === undefined ? undefined : automaton?.after(before.state, this.#bytesOf(id));
    known[index + 1] = { ids: [...before.ids, id], state };
  }

  #filters(index: number, before: Prefix | undefined): GapFilters | undefined {
    const gap = this.#gapOf(index);
    if (!gap || !before) return undefined;
    const { automaton, bias } = gap.constraint;
    const place = this.#prepared.place(index);
    const left = this.#prepared.gaps[place.gap]!.length - place.index - 1 + gap.after;
    const { state, ids } = before;
    return {
      // Guesses that are not as asked go on without it: they are wrong anyway.
      restrict:
        automaton && state !== undefined && automaton.canEnd(state, left + 1)
          ? (logits) => automaton.mask(logits, state, left)
          : undefined,
      favour: bias && ((logits) => bias.add(logits, ids)),
    };
  }
}
