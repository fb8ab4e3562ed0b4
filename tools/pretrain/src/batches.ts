// Batches of a training step, drawn from the streams by seed and step alone, so that a run can resume anywhere.
import { DataError, type Inputs, int32, type RandomKey, randomKey } from '@maria/core';
import type { TokenSource } from './corpus.js';

/** What stands around each window, as maria gives text to the models. */
export interface Framing {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

export interface BatchShape {
  /** Windows of a batch. */
  readonly windows: number;
  /** Tokens of a window, what stands around it included. */
  readonly length: number;
}

export interface MaskRates {
  readonly min: number;
  readonly max: number;
}

export interface Masking {
  /** The mask rate of a window is uniform between the two. */
  readonly rates: MaskRates;
  readonly maskId: number;
  /** Never masked. */
  readonly specialIds: ReadonlySet<number>;
}

/** Draws of one step: each use has a stream of its own. */
const stream = { source: 0, start: 1, rate: 2, mask: 3 };

export class Batches {
  readonly #sources: readonly TokenSource[];
  readonly #seed: number;
  /** Running totals of what the sources weigh. */
  readonly #totals: readonly number[];

  constructor(sources: readonly TokenSource[], seed: number) {
    let total = 0;
    this.#sources = sources;
    this.#seed = seed;
    this.#totals = sources.map(({ ids, upsample }) => (total += ids.length * upsample));
    if (!(total > 0)) throw new DataError('empty-data', 'Cannot train: there is no text.');
  }

  /** `ids` [windows, length], and the token after each: `targets` [windows * length]. */
  causal(step: number, { windows, length }: BatchShape, { prefix }: Framing): Inputs {
    const ids = new Int32Array(windows * length);
    const targets = new Int32Array(windows * length);
    for (let i = 0; i < windows; i++) {
      // The last token of the prefix already predicts the first of the text.
      const text = this.#window(step, i, length - prefix.length + 1);
      const row = Int32Array.of(...prefix, ...text);
      ids.set(row.subarray(0, length), i * length);
      targets.set(row.subarray(1), i * length);
    }
    return { ids: int32(ids, [windows, length]), targets: int32(targets) };
  }

  /**
   * `ids` [windows, length] with masks, where they are in the batch as one row (`positions`), and what is behind them
   * (`targets`). At least one token is masked.
   */
  masked(
    step: number,
    { windows, length }: BatchShape,
    { prefix, suffix }: Framing,
    masking: Masking,
  ): Inputs {
    const { rates, maskId, specialIds } = masking;
    const ids = new Int32Array(windows * length);
    const positions: number[] = [];
    const targets: number[] = [];
    const [rateKey, maskKey] = [this.#key(step, stream.rate), this.#key(step, stream.mask)];
    for (let i = 0; i < windows; i++) {
      const text = this.#window(step, i, length - prefix.length - suffix.length);
      ids.set([...prefix, ...text, ...suffix], i * length);
      const rate = rates.min + (rates.max - rates.min) * rateKey.uniform(i, 0);
      const first = i * length + prefix.length;
      const maskable = [...text.keys()].filter((t) => !specialIds.has(text[t]!));
      const chosen = maskable.filter((t) => maskKey.uniform(i, t) < rate);
      for (const t of chosen.length > 0 ? chosen : maskable.slice(0, 1)) {
        positions.push(first + t);
        targets.push(text[t]!);
        ids[first + t] = maskId;
      }
    }
    return { ids: int32(ids, [windows, length]), positions: int32(positions), targets: int32(targets) };
  }

  /** `length` consecutive tokens of one stream, the whole stream where it is shorter. */
  #window(step: number, index: number, length: number): Int32Array {
    const weight = this.#key(step, stream.source).uniform(index, 0) * this.#totals.at(-1)!;
    const { ids, name } = this.#sources[this.#totals.findIndex((total) => weight < total)]!;
    if (ids.length <= length)
      throw new DataError(
        'too-little-data',
        `Cannot train on ${name}: it has ${ids.length} tokens, a window has ${length}.`,
      );
    // A separator at the start would only repeat the prefix.
    const start = 1 + Math.floor(this.#key(step, stream.start).uniform(index, 0) * (ids.length - length));
    return ids.subarray(start, start + length);
  }

  #key(step: number, use: number): RandomKey {
    return randomKey(this.#seed, step * 4 + use);
  }
}
