// Which layers attend to all tokens, and which within a window.
import { z } from 'zod';
import { DataError } from '../errors.js';

export const layerTypeSchema = z.enum(['full_attention', 'sliding_attention']);
export type LayerType = z.infer<typeof layerTypeSchema>;

/**
 * The type of each layer: as `layer_types` lists them (transformers 5), else by the family's rule.
 * @throws DataError when the list is not as long as the model is deep
 */
export function layerTypesOf(
  {
    num_hidden_layers: layers,
    layer_types: listed,
  }: {
    readonly num_hidden_layers: number;
    readonly layer_types?: readonly LayerType[] | null | undefined;
  },
  isFull: (layer: number) => boolean,
): readonly LayerType[] {
  if (!listed)
    return Array.from({ length: layers }, (_, i) => (isFull(i) ? 'full_attention' : 'sliding_attention'));
  if (listed.length === layers) return listed;
  throw new DataError(
    'config-invalid',
    `Cannot load the model: config.json gives ${listed.length} layer_types for ${layers} layers.`,
  );
}
