// A sequence to fill: random tokens, of which a part is masked.
import { type MariaModel, randomKey } from '@maria/core';

export interface MaskedSequence {
  /** The mask id at `positions`. */
  readonly ids: Int32Array;
  /** Ascending. */
  readonly positions: readonly number[];
}

/**
 * A pure function of its arguments.
 * @param length tokens that the MLM reads, those of its template ([CLS], [SEP]) among them
 * @param maskRate part of the tokens that is masked, exactly, rounded
 * @throws RangeError when nothing can be masked
 */
export function maskedSequence(
  model: MariaModel,
  { length, maskRate, seed }: { length: number; maskRate: number; seed: number },
): MaskedSequence {
  const { vocabulary, vocabularySize, alignment } = model;
  const tokens = length - alignment.mlmPrefix.length - alignment.mlmSuffix.length;
  // Without a token before it, the AR model cannot predict the first one.
  const first = alignment.arPrefix.length > 0 ? 0 : 1;
  const gaps = Math.min(Math.round(maskRate * tokens), tokens - first);
  if (!(gaps >= 1)) throw new RangeError(`a sequence of ${length} at mask rate ${maskRate} has no gap`);

  const [places, values] = [randomKey(seed, 0), randomKey(seed, 1)];
  const order = Array.from({ length: tokens - first }, (_, i) => i + first);
  const draw = new Map(order.map((position) => [position, places.uniform(position, 0)]));
  order.sort((a, b) => draw.get(a)! - draw.get(b)!);
  const positions = order.slice(0, gaps).sort((a, b) => a - b);

  const limit = Math.min(vocabulary.size, vocabularySize);
  const allowed = Int32Array.from({ length: limit }, (_, id) => id).filter(
    (id) => !vocabulary.specialIds.has(id),
  );
  const ids = Int32Array.from(
    { length: tokens },
    (_, i) => allowed[Math.floor(values.uniform(i, 0) * allowed.length)]!,
  );
  for (const position of positions) ids[position] = vocabulary.maskId;
  return { ids, positions };
}

/** Whether both models read a sequence of this length. */
export function fits({ ar, mlm, alignment }: MariaModel, length: number): boolean {
  const tokens = length - alignment.mlmPrefix.length - alignment.mlmSuffix.length;
  return length <= mlm.maxLength && alignment.arPrefix.length + tokens <= ar.capacity;
}
