// How far the predictions of a quantised model are from those of the same model in float32.

/** A prediction: logits [V], a view that holds until the next one, and the token that stands there. */
export interface Prediction {
  readonly logits: Float32Array;
  readonly target: number;
}

export interface LogitComparison {
  /** Predictions that were compared. */
  readonly tokens: number;
  /** KL(float32 || quantised) of a prediction, in nats. */
  readonly meanKl: number;
  readonly maxKl: number;
  /** exp of the mean of -log p of the tokens that stand there. */
  readonly perplexity: { readonly float32: number; readonly quantized: number };
  /** Share of predictions whose most probable token is the same. */
  readonly sameTop: number;
}

/** @throws RangeError when there is nothing to compare */
export async function compareLogits(
  float32: AsyncIterable<Prediction>,
  quantized: AsyncIterable<Prediction>,
): Promise<LogitComparison> {
  const others = quantized[Symbol.asyncIterator]();
  const loss = { float32: 0, quantized: 0 };
  let [tokens, sum, maxKl, sameTop] = [0, 0, 0, 0];
  for await (const { logits, target } of float32) {
    const next = await others.next();
    if (next.done) break;
    const p = logDistribution(logits);
    const q = logDistribution(next.value.logits);
    const kl = divergence(p, q);
    sum += kl;
    maxKl = Math.max(maxKl, kl);
    if (p.top === q.top) sameTop++;
    loss.float32 -= logits[target]! - p.normalizer;
    loss.quantized -= next.value.logits[target]! - q.normalizer;
    tokens++;
  }
  if (tokens === 0) throw new RangeError('there are no predictions to compare');
  return {
    tokens,
    meanKl: sum / tokens,
    maxKl,
    perplexity: { float32: Math.exp(loss.float32 / tokens), quantized: Math.exp(loss.quantized / tokens) },
    sameTop: sameTop / tokens,
  };
}

interface LogDistribution {
  readonly logits: Float32Array;
  /** log p(i) = logits[i] - normalizer */
  readonly normalizer: number;
  readonly top: number;
}

function logDistribution(logits: Float32Array): LogDistribution {
  let top = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[top]!) top = i;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - logits[top]!);
  return { logits, normalizer: logits[top]! + Math.log(total), top };
}

function divergence(p: LogDistribution, q: LogDistribution): number {
  let total = 0;
  for (let i = 0; i < p.logits.length; i++) {
    const logP = p.logits[i]! - p.normalizer;
    total += Math.exp(logP) * (logP - (q.logits[i]! - q.normalizer));
  }
  return Math.max(0, total);
}
