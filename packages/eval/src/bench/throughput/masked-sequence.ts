// Sequences to fill: random tokens, or those of a text, of which a part is masked.
import { type MariaModel, randomKey } from '@maria/core';

export interface MaskedSequence {
  /** The mask id at `positions`. */
  readonly ids: Int32Array;
  /** Ascending. */
  readonly positions: readonly number[];
}

export interface MaskOptions {
  /** Part of the tokens that is masked, exactly, rounded. */
  readonly maskRate: number;
  readonly seed: number;
  /** Which one of a seed's sequences. @default 0 */
  readonly index?: number;
}

/**
 * Random tokens. A pure function of its arguments.
 * @param length tokens that the MLM reads, those of its template ([CLS], [SEP]) among them
 * @throws RangeError when nothing can be masked
 */
export function maskedSequence(
  model: MariaModel,
  { length, ...options }: { length: number } & MaskOptions,
): MaskedSequence {
  const values = randomKey(options.seed, 2 * (options.index ?? 0) + 1);
  const allowed = ordinaryIds(model);
  const ids = Int32Array.from(
    { length: length - templateLength(model) },
    (_, i) => allowed[Math.floor(values.uniform(i, 0) * allowed.length)]!,
  );
  const sequence = maskSome(model, ids, options);
  if (!sequence) throw new RangeError(`a sequence of ${length} at mask rate ${options.maskRate} has no gap`);
  return sequence;
}

/** The tokens of a text, or undefined when it is too short for a gap. */
export async function maskedText(
  model: MariaModel,
  text: string,
  options: MaskOptions,
): Promise<MaskedSequence | undefined> {
  const ids = await model.vocabulary.encode(text, { specialTokens: false });
  return maskSome(model, Int32Array.from(ids), options);
}

/** Ids that both models read, special ones left out. */
export function ordinaryIds({ vocabulary, vocabularySize }: MariaModel): Int32Array {
  const limit = Math.min(vocabulary.size, vocabularySize);
  return Int32Array.from({ length: limit }, (_, id) => id).filter((id) => !vocabulary.specialIds.has(id));
}

function maskSome(
  { vocabulary, alignment }: MariaModel,
  ids: Int32Array,
  { maskRate, seed, index = 0 }: MaskOptions,
): MaskedSequence | undefined {
  // Without a token before it, the AR model cannot predict the first one.
  const first = alignment.arPrefix.length > 0 ? 0 : 1;
  const gaps = Math.min(Math.round(maskRate * ids.length), ids.length - first);
  if (!(gaps >= 1)) return undefined;
  const places = randomKey(seed, 2 * index);
  const order = Array.from({ length: ids.length - first }, (_, i) => i + first);
  const draw = new Map(order.map((position) => [position, places.uniform(position, 0)]));
  order.sort((a, b) => draw.get(a)! - draw.get(b)!);
  const positions = order.slice(0, gaps).sort((a, b) => a - b);
  for (const position of positions) ids[position] = vocabulary.maskId;
  return { ids, positions };
}

/** Tokens that the MLM reads around a sequence. */
export function templateLength({ alignment }: MariaModel): number {
  return alignment.mlmPrefix.length + alignment.mlmSuffix.length;
}

/** Whether both models read a sequence of this length. */
export function fits(model: MariaModel, length: number): boolean {
  const { ar, mlm, alignment } = model;
  return length <= mlm.maxLength && alignment.arPrefix.length + length - templateLength(model) <= ar.capacity;
}
