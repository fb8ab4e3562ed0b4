// The distribution of one position over what may be chosen there.
import type { Model } from '../maria/model.js';
import { type Distribution, type LogitFilter, modeOf, orExplain, summarize } from './choose.js';
import type { GapFilters } from './gap-follower.js';

export interface LegalFilters {
  /** Ids that are never sampled. */
  readonly suppress: LogitFilter;
  /** What the text around asks, where no constraint does. */
  readonly fit: LogitFilter | undefined;
  /** What a constraint asks. */
  readonly asked: GapFilters | undefined;
  /** What the other gaps of a name ask. */
  readonly alike?: LogitFilter | undefined;
}

interface Legal {
  readonly distribution: Distribution;
  /** What of the distribution it is, where something was asked. */
  readonly legalMass: number | undefined;
}

/**
 * Takes out of `logits` [V] what may not be chosen.
 * @returns the distribution of the rest, and what of the distribution it is where something was asked; undefined where nothing is left of
 * what gaps of a name ask
 */
export async function legalDistribution(
  model: Pick<Model, 'findNonFiniteTensor'>,
  logits: Float32Array,
  filters: LegalFilters,
): Promise<Legal | undefined> {
  return orExplain(model, () => legalOf(logits, filters));
}

function legalOf(
  logits: Float32Array,
  {
    suppress,
    fit,
    asked: { restrict, favour } = { restrict: undefined, favour: undefined },
    alike,
  }: LegalFilters,
): Legal | undefined {
  suppress(logits);
  if (!restrict) fit?.(logits);
  const all = (restrict ?? alike) && summarize(logits);
  restrict?.(logits);
  alike?.(logits);
  if (alike && modeOf(logits) < 0) return undefined;
  const legal = all && summarize(logits);
  favour?.(logits);
  const distribution = legal && !favour ? legal : summarize(logits);
  return { distribution, legalMass: legal && Math.exp(legal.logNormalizer - all!.logNormalizer) };
}
