// How much of a file is taken from a server that does not say how long it is.
import { maxTextBytes } from '../weights/text-file.js';

/** Of a configuration, an index or the description of a repository. */
export const longestConfig = 2 ** 24;
/** Of a model card or a licence. */
export const longestCard = 2 ** 22;

/** Bytes; undefined for weights, which are taken from nobody who does not announce their length. */
export function longestUnannounced(file: string): number | undefined {
  if (file.endsWith('.safetensors')) return undefined;
  if (/(?:^|\/)(?:tokenizer\.json|vocab\.json|vocab\.txt|merges\.txt)$/.test(file)) return maxTextBytes;
  return file.endsWith('.json') ? longestConfig : longestCard;
}
