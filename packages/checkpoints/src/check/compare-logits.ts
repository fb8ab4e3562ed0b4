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

/** Of one prediction. */
export interface TokenComparison {
  /** KL(float32 || quantised), in nats. */
  readonly kl: number;
  /** -log p of the token that stands there. */
  readonly loss: { readonly float32: number; readonly quantized: number };
  readonly sameTop: boolean;
}

/** Each pair of predictions of the same token. */
export async function* compareEach(
  float32: AsyncIterable<Prediction>,
  quantized: AsyncIterable<Prediction>,
): AsyncGenerator<TokenComparison, void> {
  const others = quantized[Symbol.asyncIterator]();
  try {
    for await (const { logits, target } of float32) {
      const next = await others.next();
      if (next.done) break;
      const p = logDistribution(logits);
      const q = logDistribution(next.value.logits);
      yield {
        kl: divergence(p, q),
        loss: {
          float32: p.normalizer - logits[target]!,
          quantized: q.normalizer - next.value.logits[target]!,
        },
        sameTop: p.top === q.top,
      };
    }
  } finally {
    await others.return?.();
  }
}

/** @throws RangeError when there is nothing to compare */
export async function summarizeComparisons(
  comparisons: AsyncIterable<TokenComparison>,
): Promise<LogitComparison> {
  const loss = { float32: 0, quantized: 0 };
  let [tokens, sum, maxKl, sameTop] = [0, 0, 0, 0];
  for await (const one of comparisons) {
    sum += one.kl;
    maxKl = Math.max(maxKl, one.kl);
    if (one.sameTop) sameTop++;
    loss.float32 += one.loss.float32;
    loss.quantized += one.loss.quantized;
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
