// DUEL (arXiv 2603.01367): the exact log-likelihood of a text under a denoiser that fills it in an order which is no matter of chance.
import type { Denoiser } from '../../models/denoiser.js';
import { randomKey } from '../../random.js';
import { Canvas, type CanvasOptions, type Filled, type Step } from './canvas.js';
import { type Confidence, drawn, ownProbability, surest } from './confidence-order.js';
import { type DrawOptions, logSumExp } from './draw.js';
import { negativeEntropy } from './entropy.js';
import { probabilityMargin } from './margin.js';
import { noiseOf } from './noise.js';
import type { Sampler, SamplerOptions } from './sampler.js';

export const duelPolicies = ['left-to-right', 'confidence', 'entropy', 'margin'] as const;
/** By what the positions of a step are chosen: from the left, or those that the denoiser is surest of. */
export type DuelPolicy = (typeof duelPolicies)[number];

export interface DuelOptions extends Omit<CanvasOptions, 'guidance'> {
  readonly policy: DuelPolicy;
  /** How many positions each step takes; as many in all as there are masked ones. */
  readonly counts: readonly number[];
}

export interface Duel {
  /** Natural logarithm. */
  readonly logLikelihood: number;
  /** Of the masked positions in their order. */
  readonly perPosition: readonly number[];
  /** Positions of each step. */
  readonly order: readonly (readonly number[])[];
}

/** The leftmost comes first among equals. */
const confidences: Readonly<Record<DuelPolicy, Confidence>> = {
  'left-to-right': () => 0,
  confidence: ownProbability,
  entropy: negativeEntropy,
  margin: probabilityMargin,
};

/** Most probable tokens, which decide the order. */
const greedy: DrawOptions = { temperature: 0, topP: 1, topK: 0 };

/**
 * Of the tokens of `ids` at `masked`, given all others: those of a step are scored by one pass, which sees the tokens of the steps before.
 * @throws RangeError where the counts are not those of the masked positions
 */
export async function duel(
  denoiser: Denoiser,
  ids: ArrayLike<number>,
  masked: readonly number[],
  { policy, counts, ...options }: DuelOptions,
): Promise<Duel> {
  if (counts.reduce((sum, count) => sum + count, 0) !== masked.length)
    throw new RangeError(`the steps take other than ${masked.length} positions`);
  const byPolicy: Sampler = async function* (task) {
    const { canvas } = task;
    for (const count of counts)
      if (count > 0)
        yield canvas.apply(surest(await drawn(task, 0, canvas.masked(), confidences[policy]), count));
  };
  return duelOf(byPolicy, { steps: counts.length }, new KnownCanvas(denoiser, ids, masked, options));
}

/** The same in the order of a sampler at temperature 0, which must be one of those that are exact. */
export async function duelOf(
  sampler: Sampler,
  options: Omit<SamplerOptions, keyof DrawOptions>,
  canvas: KnownCanvas,
): Promise<Duel> {
  const order: number[][] = [];
  const task = { canvas, noise: noiseOf(randomKey(0)), options: { ...options, ...greedy } };
  for await (const { filled } of sampler(task))
    if (filled.length > 0) order.push(filled.map(({ position }) => position));
  const perPosition = canvas.gap.map((position) => canvas.scores.get(position)!);
  return { logLikelihood: perPosition.reduce((sum, score) => sum + score, 0), perPosition, order };
}

/** Whatever token a sampler chooses for a position, the one of the text is filled in, and scored. */
export class KnownCanvas extends Canvas {
  /** log p of each position that is filled. */
  readonly scores = new Map<number, number>();
  readonly #text: ArrayLike<number>;
  /** Of the last pass. */
  readonly #found = new Map<number, number>();
  // A token of the text may be the mask's own: what is left is counted here.
  readonly #left: Set<number>;

  constructor(
    denoiser: Denoiser,
    text: ArrayLike<number>,
    masked: readonly number[],
    options?: CanvasOptions,
  ) {
    const hidden = Int32Array.from(text);
    for (const position of masked) hidden[position] = denoiser.maskId;
    super(denoiser, hidden, masked, options);
    this.#text = text;
    this.#left = new Set(masked);
  }

  override isMasked(position: number): boolean {
    return this.#left.has(position);
  }

  override chosen(position: number, _id: number, logits: Float32Array, confidence?: number): Filled {
    const id = this.#text[position]!;
    this.#found.set(position, logits[id]! - logSumExp(logits));
    return { position, id, confidence };
  }

  override apply(filled: readonly Filled[]): Step {
    for (const { position } of filled) {
      this.scores.set(position, this.#found.get(position)!);
      this.#left.delete(position);
    }
    return super.apply(filled);
  }
}
