// The text that a sampler works on: what is known stays, the rest is masked, filled and masked again.
import type { Denoiser, Reading } from '../../models/denoiser.js';
import { row } from '../../tensor/values.js';
import type { LogitFilter } from '../choose.js';

/** A token for a position. */
export interface Filled {
  readonly position: number;
  readonly id: number;
  /** What the sampler chose the position by, if by anything. */
  readonly confidence?: number | undefined;
  /** What is told of it, where the canvas tells. */
  readonly choice?: Choice | undefined;
}

/** A token among all that might have been chosen, at temperature 1. */
export interface Choice {
  readonly logProbability: number;
  readonly alternatives: readonly { readonly id: number; readonly probability: number }[];
}

/** What a step has changed. Positions ascend. */
export interface Step {
  readonly filled: readonly Filled[];
  readonly remasked: readonly number[];
}

/** Logits of a position, those that may not be chosen at -Infinity; its own until the next one. */
export type Visit = (position: number, logits: Float32Array) => void;

export interface CanvasOptions {
  /** Takes ids out of the choice at a position. @default none */
  readonly filter?: ((position: number) => LogitFilter) | undefined;
  /** How far logits are moved away from what they would be without the known text. @default 0 */
  readonly guidance?: number | undefined;
  /** Tells of a token that may be chosen. @default nothing is told */
  readonly describe?: ((logits: Float32Array, id: number) => Choice) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Logits that are computed at a time. */
const bytesAtOnce = 64 * 2 ** 20;

/** What a denoiser has read: logits of any positions, in blocks that memory has room for. */
export interface CanvasReading {
  each(positions: readonly number[], visit: Visit): Promise<void>;
}

export class Canvas {
  readonly ids: Int32Array;
  /** Positions to fill, ascending. */
  readonly gap: readonly number[];
  readonly maskId: number;
  /** Logits of a position. */
  readonly rows: number;
  /** Passes so far. */
  passes = 0;
  readonly #denoiser: Denoiser;
  readonly #options: CanvasOptions;
  readonly #inGap: ReadonlySet<number>;

  constructor(
    denoiser: Denoiser,
    ids: ArrayLike<number>,
    gap: readonly number[],
    options: CanvasOptions = {},
  ) {
    this.#denoiser = denoiser;
    this.#options = options;
    this.#inGap = new Set(gap);
    this.ids = Int32Array.from(ids);
    this.gap = gap;
    this.maskId = denoiser.maskId;
    this.rows = denoiser.vocabularySize;
  }

  isMasked(position: number): boolean {
    return this.#inGap.has(position) && this.ids[position] === this.maskId;
  }

  /** Positions that are masked now, ascending. */
  masked(): number[] {
    return this.gap.filter((position) => this.isMasked(position));
  }

  /** A token that was chosen by these logits. */
  chosen(position: number, id: number, logits: Float32Array, confidence?: number): Filled {
    return { position, id, confidence, choice: this.#options.describe?.(logits, id) };
  }

  /** @returns the step, for the sampler to tell */
  apply(filled: readonly Filled[], remasked: readonly number[] = []): Step {
    for (const { position, id } of filled) this.#set(position, id);
    for (const position of remasked) this.#set(position, this.maskId);
    return {
      filled: [...filled].sort((a, b) => a.position - b.position),
      remasked: [...remasked].sort((a, b) => a - b),
    };
  }

  #set(position: number, id: number): void {
    if (!this.#inGap.has(position)) throw new RangeError(`position ${position} is known text`);
    this.ids[position] = id;
  }

  /** One pass over the text as it is now, two with guidance. @param sigma how much noise there is, for a denoiser that reads it */
  async read(sigma?: number): Promise<CanvasReading> {
    const { guidance = 0, filter } = this.#options;
    const reading = await this.#pass(this.ids, sigma);
    const unguided = guidance === 0 ? undefined : await this.#pass(this.#withoutKnown(), sigma);
    const atOnce = Math.max(1, Math.floor(bytesAtOnce / (Float32Array.BYTES_PER_ELEMENT * this.rows)));
    return {
      each: async (positions, visit) => {
        for (let start = 0; start < positions.length; start += atOnce) {
          const block = positions.slice(start, start + atOnce);
          const matrix = await reading.logits(block);
          const others = await unguided?.logits(block);
          block.forEach((position, i) => {
            const logits = row(matrix, i);
            const other = others && row(others, i);
            if (other)
              for (let id = 0; id < logits.length; id++)
                logits[id] = other[id]! + (guidance + 1) * (logits[id]! - other[id]!);
            filter?.(position)(logits);
            visit(position, logits);
          });
        }
      },
    };
  }

  async #pass(ids: Int32Array, sigma: number | undefined): Promise<Reading> {
    this.passes++;
    return this.#denoiser.read(ids, { sigma, signal: this.#options.signal });
  }

  #withoutKnown(): Int32Array {
    return this.ids.map((id, position) => (this.#inGap.has(position) ? id : this.maskId));
  }
}
