// attention: softmax(q k^T scale + bias) v by heads; keys and values may have fewer heads (GQA, arXiv 2305.13245).
import { type Dim, formatShape, type Shape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { attendOneQuery } from './attend-one-query.js';
import { type AttentionAttributes, decomposeAttention } from './attention-decomposition.js';
import { broadcastsTo, requireDtype, requireNumber, requireRank } from './checks.js';
import { pullBack } from './gradient.js';
import { broadcastStrides, offsetsOf } from './strided.js';

/**
 * What a bias adds to the scores of keys that a query does not see: their exponentials are 0. No infinity: a row of such is no number after a softmax,
 * and the language of WebGPU does not promise that there is one.
 */
export const hiddenScore = -1e9;

/** Checks the head counts and widths, shared with laneAttention and packedAttention. Returns the size of a head. @throws ShapeError */
export function checkHeads(
  op: string,
  { heads, kvHeads }: { heads: number; kvHeads: number },
  q: Tensor,
  k: Tensor,
  v: Tensor,
): number {
  requireRank(op, 'q', q, 3, '[batch, time, heads*headSize]');
  requireRank(op, 'k', k, 3, '[batch, keyTime, kvHeads*headSize]');
  requireRank(op, 'v', v, 3, '[batch, keyTime, kvHeads*headSize]');
  if (!(Number.isInteger(heads / kvHeads) && kvHeads >= 1))
    throw new ShapeError(`${op} needs heads to be a multiple of kvHeads, got ${heads} and ${kvHeads}`);
  const headSize = requireNumber(op, 'the width of q', q.shape[2]) / heads;
  if (!Number.isInteger(headSize))
    throw new ShapeError(`${op} needs a width that ${heads} heads divide, got q ${formatShape(q.shape)}`);
  const keys: Shape = [q.shape[0]!, k.shape[1]!, kvHeads * headSize];
  for (const [name, { shape }] of [['k', k] as const, ['v', v] as const])
    if (shape.some((dim, axis) => dim !== keys[axis]))
      throw new ShapeError(
        `${op} needs ${name} ${formatShape(keys)} for q ${formatShape(q.shape)}, ${heads} heads and ${kvHeads} kvHeads, got ${formatShape(shape)}`,
      );
  return headSize;
}

export const attentionOp: Op<AttentionAttributes> = {
  name: 'attention',
  infer: ([q, k, v, bias], { heads, kvHeads, causal }) => {
    requireDtype('attention', 'float32', q, k, v, bias);
    checkHeads('attention', { heads, kvHeads }, q!, k!, v!);
    const [batch, time] = q!.shape as [Dim, Dim];
    const keyTime = k!.shape[1]!;
    if (causal && time !== keyTime)
      throw new ShapeError(`causal attention needs as many keys as queries, got ${keyTime} and ${time}`);
    const scores = [batch, heads, time, keyTime];
    if (bias && !broadcastsTo(bias.shape, scores))
      throw new ShapeError(
        `attention needs a bias that broadcasts to ${formatShape(scores)}, got ${formatShape(bias.shape)}`,
      );
    return { shape: q!.shape, dtype: 'float32' };
  },
  evaluate: ([q, k, v, bias], { heads, kvHeads, causal, scale }, { shape, floats }) => {
    const [batch, time, width] = shape as [number, number, number];
    const keyTime = k!.shape[1]!;
    const headSize = width / heads;
    const kvWidth = kvHeads * headSize;
    const data = floats(q!.data.length);
    const scoresShape = [batch, heads, time, keyTime];
    const biasAt = bias && offsetsOf(scoresShape, broadcastStrides(bias.shape, scoresShape));
    const scores = new Float64Array(keyTime);
    for (let b = 0; b < batch; b++) {
      for (let head = 0; head < heads; head++) {
        const kvHead = Math.floor(head / (heads / kvHeads));
        const keyStart = b * keyTime * kvWidth + kvHead * headSize;
        const keys = { data: k!.data, start: keyStart, stride: kvWidth };
        const values = { data: v!.data, start: keyStart, stride: kvWidth };
        for (let t = 0; t < time; t++) {
          const visible = causal ? t + 1 : keyTime;
          const row = ((b * heads + head) * time + t) * keyTime;
          for (let j = 0; j < visible; j++) scores[j] = bias ? bias.data[biasAt![row + j]!]! : 0;
          const at = (b * time + t) * width + head * headSize;
          attendOneQuery(q!.data, at, keys, values, { visible, headSize, scale }, scores, data);
        }
      }
    }
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs, attributes }, upstream) => {
    const [q, k, v, bias] = inputs as readonly [Tensor, Tensor, Tensor, Tensor?];
    return pullBack(decomposeAttention(q, k, v, attributes, bias), upstream, inputs);
  },
};

export interface AttentionOptions {
  heads: number;
  /** Heads of k and v; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  kvHeads?: number;
  /** A query sees only keys up to its own position. @default false */
  causal?: boolean;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  scale?: number;
  /**
   * Added to the scaled scores, broadcastable to [batch, heads, time, keyTime]; -Infinity hides a key. A row that is
   * hidden entirely gives NaN.
   */
  bias?: Tensor | undefined;
}

/** q [batch, time, heads*headSize], k and v [batch, keyTime, kvHeads*headSize] → [batch, time, heads*headSize]. */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads, causal = false, bias } = options;
  const headSize = requireNumber('attention', 'the width of q', q.shape.at(-1)) / heads;
  const { scale = 1 / Math.sqrt(headSize) } = options;
  const attributes = { heads, kvHeads, causal, scale, hasBias: bias !== undefined };
  return apply(attentionOp, bias ? [q, k, v, bias] : [q, k, v], attributes);
}
