// The objective that a head is trained on, L_MARIA: how well masked tokens are told from what stands before them and from
// the observed tokens (MARIA, arXiv 2502.06901).
import { crossEntropy } from '../ops/cross-entropy.js';
import { add } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { matmulAdd } from '../ops/matmul-add.js';
import { reshape } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';

/** Consecutive rows of the head: ar [rows, dAR], mlm [rows, dMLM], bias [rows]. */
export interface HeadRows {
  readonly ar: Tensor;
  readonly mlm: Tensor;
  readonly bias: Tensor;
}

/** What the backbones see of masked positions: ar [n, dAR] is h_ar(i-1), mlm [n, dMLM] is h_mlm(i). */
export interface HiddenPair {
  readonly ar: Tensor;
  readonly mlm: Tensor;
}

/**
 * The summands of the objective as a program: -log p(x_i | x_<i, x_observed), [n], in nats, by the logits W_ar h_ar(i-1) + W_mlm h_mlm(i) + b.
 * They are computed as [V, n]: the head's gradient is then a product in which nothing is transposed.
 * @param head all rows in order, in one piece or several
 * @param targets x_i, int32 [n]
 */
export function objectiveLosses(hidden: HiddenPair, head: readonly HeadRows[], targets: Tensor): Tensor {
  const logits = head.map(({ ar, mlm, bias }) => {
    const product = matmul(ar, hidden.ar, { transposeB: true });
    return matmulAdd(mlm, hidden.mlm, add(product, reshape(bias, [bias.shape[0]!, 1])), { transposeB: true });
  });
  return crossEntropy(logits, targets, { axis: 0 });
}

export interface Objective {
  /** Mean over all masked positions of -log p(x_i | x_<i, x_observed), in nats. */
  readonly loss: number;
  /** exp(loss) */
  readonly perplexity: number;
  /** Masked positions that the mean is over. */
  readonly tokens: number;
}

/** The objective from losses of single tokens. */
export function objectiveOf(losses: Iterable<number>): Objective {
  let sum = 0;
  let tokens = 0;
  for (const loss of losses) {
    sum += loss;
    tokens++;
  }
  return { loss: sum / tokens, perplexity: Math.exp(sum / tokens), tokens };
}
