// Gaps of one name get fills that read alike: what each token may be for that, once those before it are known.
import type { GapSpan } from '../text/encode-gaps.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { LogitFilter } from './choose.js';
import type { PreparedInput } from './prepare.js';

/** Whether a text has gaps that must read alike. */
export function hasNames({ gaps }: Pick<PreparedInput, 'gaps'>): boolean {
  return gaps.some(
    ({ name }, gap) => name !== undefined && gaps.findIndex((other) => other.name === name) < gap,
  );
}

export class EqualGaps {
  readonly #prepared: PreparedInput;
  readonly #texts: Texts;
  /** Index of the first position of each gap. */
  readonly #starts: readonly number[];

  constructor(vocabulary: Pick<Vocabulary, 'bytesOf' | 'size' | 'specialIds'>, prepared: PreparedInput) {
    this.#prepared = prepared;
    this.#texts = textsOf(vocabulary);
    let start = 0;
    this.#starts = prepared.gaps.map(({ length }) => {
      start += length;
      return start - length;
    });
  }

  /**
   * Of the first gap of a name, the first token has to be one that there is in the other places too, with or without the space before
   * it; all tokens of the others follow from it.
   * @param chosen the ids before, by the index of their position
   */
  at(index: number, chosen: readonly number[]): LogitFilter | undefined {
    const { gaps } = this.#prepared;
    const { gap, index: place } = this.#prepared.place(index);
    const { name } = gaps[gap]!;
    if (name === undefined) return undefined;
    const first = gaps.findIndex((other) => other.name === name);
    if (first < gap) {
      const id = chosen[this.#starts[first]! + place]!;
      const only = place === 0 ? this.#texts.alike(id, gaps[first]!, gaps[gap]!) : id;
      return (logits) => {
        for (let other = 0; other < logits.length; other++) if (other !== only) logits[other] = -Infinity;
      };
    }
    const others = gaps.filter((other, i) => i > gap && other.name === name && differs(other, gaps[gap]!));
    if (place > 0 || others.length === 0) return undefined;
    return (logits) => {
      for (let id = 0; id < logits.length; id++) {
        if (logits[id] === -Infinity) continue;
        if (others.some((other) => this.#texts.alike(id, gaps[gap]!, other) === undefined))
          logits[id] = -Infinity;
      }
    };
  }
}

function differs(one: GapSpan, other: GapSpan): boolean {
  return one.lead !== other.lead || one.dropsSpace !== other.dropsSpace;
}

interface Texts {
  /** The id that reads at the start of one gap as `id` does at that of another. */
  alike(id: number, from: GapSpan, to: GapSpan): number | undefined;
}

const texts = new WeakMap<object, Texts>();

function textsOf({ bytesOf, size, specialIds }: Pick<Vocabulary, 'bytesOf' | 'size' | 'specialIds'>): Texts {
  const made = texts.get(bytesOf);
  if (made) return made;
  // A byte a character: not every token is valid UTF-8.
  const written = (id: number) => String.fromCharCode(...bytesOf(id));
  const ids = new Map<string, number>();
  for (let id = size - 1; id >= 0; id--) if (!specialIds.has(id)) ids.set(written(id), id);
  const alike: Texts['alike'] = (id, from, to) => {
    if (!differs(from, to)) return id;
    const text = written(id);
    const printed = from.dropsSpace && text.startsWith(' ') ? text.slice(1) : text;
    if (to.dropsSpace) return ids.get((to.lead ?? ' ') + printed);
    return to.lead === ' ' && !printed.startsWith(' ') ? undefined : ids.get(printed);
  };
  texts.set(bytesOf, { alike });
  return { alike };
}
