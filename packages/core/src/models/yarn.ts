// YaRN (Peng et al., 2023): slow rotations are interpolated, fast ones kept, and scores are scaled; as in transformers' modeling_rope_utils.
export interface YarnScaling {
  readonly type: 'yarn';
  readonly factor: number;
  /** Turns within the original length from which a rotation is kept, and below which it is divided by the factor. */
  readonly betaFast: number;
  readonly betaSlow: number;
  /** Whether the pairs between which it is blended are whole numbers. */
  readonly truncate: boolean;
  readonly originalMaxLength: number;
  /** Factor of the cosines and sines, so that its square is that of the scores. */
  readonly attentionFactor: number;
}

/** The factor of cosines and sines where a config gives none. */
export function yarnAttentionFactor(
  factor: number,
  mscale: number | null | undefined,
  mscaleAllDim: number | null | undefined,
): number {
  const scaleOf = (multiple: number) => (factor <= 1 ? 1 : 0.1 * multiple * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? scaleOf(mscale) / scaleOf(mscaleAllDim) : scaleOf(1);
}

/** The share of each pair's own frequency; the rest is the frequency divided by the factor. [rotarySize / 2] */
export function yarnShares(
  { betaFast, betaSlow, truncate, originalMaxLength }: YarnScaling,
  { theta, rotarySize }: { readonly theta: number; readonly rotarySize: number },
): Float64Array {
  const pairThatTurns = (turns: number) =>
    (rotarySize * Math.log(originalMaxLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [low, high] = [pairThatTurns(betaFast), pairThatTurns(betaSlow)];
  const first = Math.max(truncate ? Math.floor(low) : low, 0);
  const last = Math.min(truncate ? Math.ceil(high) : high, rotarySize - 1);
  const width = last === first ? 0.001 : last - first;
  return Float64Array.from(
    { length: rotarySize / 2 },
    (_, pair) => 1 - Math.min(Math.max((pair - first) / width, 0), 1),
  );
}
