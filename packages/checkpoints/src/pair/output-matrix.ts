// Which stored matrix turns a backbone's hidden states into logits, where the config ties it to the table of the input's tokens.
import { type Architecture, isQuantized, sameShape, type WeightSource, Weights } from '@maria/core';
import { isSameTensor } from '../weights/same-tensor.js';

/**
 * The name of that matrix. A config that ties can belong to a checkpoint that holds a matrix of its own with other numbers:
 * the checkpoint has the last word, as in transformers 5. Undefined where neither matrix is there.
 * @param onUntied hears the two names where they are not tied although the config says so
 */
export async function outputMatrixOf(
  source: WeightSource,
  { outputEmbedding, sizes, tensorNames }: Architecture,
  onUntied: (names: { table: string; own: string }) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const weights = new Weights(source, tensorNames);
  const table = weights.resolve(outputEmbedding.weight);
  const own = outputEmbedding.untied === undefined ? undefined : weights.resolve(outputEmbedding.untied);
  if (table === undefined || own === undefined || own === table) return table;
  const [tied, stored] = [source.get(table)!, source.get(own)!];
  // In a MARIA checkpoint a matrix of this name and another shape is the fused head.
  if (!sameShape(stored.shape, [sizes.vocabularySize, sizes.hiddenSize])) return table;
  if (isQuantized(tied) || isQuantized(stored) || (await isSameTensor(tied, stored, signal))) return table;
  onUntied({ table, own });
  return own;
}

/** What `onUntied` means, for the user. */
export function untiedWarning(where: string, { table, own }: { table: string; own: string }): string {
  return `The config of ${where} ties the output matrix to the table of tokens, but the checkpoint holds "${own}" with other numbers than "${table}": "${own}" is used.`;
}
