// The search for NaN and Inf in the weights that a pair reads. Checkpoints hold others too, masks for example.

import type { TracedPair } from '../pair/trace-pair.js';
import { namesInUse, usesOf } from '../quantize/quantize-weights.js';
import { checkFinite, findNonFinite } from '../weights/find-non-finite.js';
import type { StoredTensors } from '../weights/stored-tensors.js';

/** Models with less than this are searched when they are loaded; larger ones when logits are not finite. */
const eagerCheckBytes = 64 * 2 ** 20;

function bytesOf({ entries }: StoredTensors): number {
  let total = 0;
  for (const { length } of entries.values()) total += length;
  return total;
}

/** @throws DataError when a weight that is read is NaN or infinite */
export async function checkSmallSources(pair: TracedPair): Promise<void> {
  const names = namesInUse(usesOf(pair));
  for (const [what, source] of pair.sources) await checkIfSmall(what, source, names.get(source));
}

/** @throws DataError when one of the tensors, of a source that is small, is NaN or infinite */
export async function checkIfSmall(
  what: string,
  source: StoredTensors,
  names: Iterable<string> | undefined,
): Promise<void> {
  if (bytesOf(source) < eagerCheckBytes) await checkFinite(what, source, names);
}

/** The name of a tensor that holds one. Reads all weights. */
export async function findNonFiniteTensor(pair: TracedPair): Promise<string | undefined> {
  for (const [source, names] of namesInUse(usesOf(pair))) {
    const found = await findNonFinite(source, names);
    if (found) return found.name;
  }
  return undefined;
}
