// DUEL (arXiv 2603.01367): the exact log-likelihood of a text under a denoiser that fills it in an order which is no matter of chance.
import type { Denoiser } from '../../models/denoiser.js';
import { Canvas, type CanvasOptions, type Filled } from './canvas.js';
import { type Confidence, surest } from './confidence-order.js';
import { argmax, logSoftmax } from './draw.js';
import { negativeEntropy } from './entropy.js';
import { probabilityMargin } from './margin.js';

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

const confidences: Readonly<Record<DuelPolicy, (position: number) => Confidence>> = {
  'left-to-right': (position) => () => -position,
  confidence: () => (logProbabilities) => Math.exp(logProbabilities[argmax(logProbabilities)]!),
  entropy: () => negativeEntropy,
  margin: () => probabilityMargin,
};

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
  const hidden = Int32Array.from(ids);
  for (const position of masked) hidden[position] = denoiser.maskId;
  const canvas = new Canvas(denoiser, hidden, masked, options);
  // A token of the text may be the mask's own: what is left is counted here.
  const left = new Set(masked);
  const scores = new Map<number, number>();
  const order: number[][] = [];
  for (const count of counts) {
    if (count === 0) continue;
    const candidates: Filled[] = [];
    const found = new Map<number, number>();
    await (await canvas.read()).each([...left], (position, logits) => {
      const logProbabilities = logSoftmax(logits);
      const id = ids[position]!;
      found.set(position, logProbabilities[id]!);
      candidates.push({ position, id, confidence: confidences[policy](position)(logProbabilities, id) });
    });
    const { filled } = canvas.apply(surest(candidates, count));
    order.push(filled.map(({ position }) => position));
    for (const { position } of filled) {
      scores.set(position, found.get(position)!);
      left.delete(position);
    }
  }
  const perPosition = masked.map((position) => scores.get(position)!);
  return { logLikelihood: perPosition.reduce((sum, score) => sum + score, 0), perPosition, order };
}
