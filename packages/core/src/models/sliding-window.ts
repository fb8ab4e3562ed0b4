// The sliding-window keys of Qwen configs, and what each layer sees by them.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { positiveInteger } from './config-keys.js';
import { layerTypeSchema, layerTypesOf } from './layer-types.js';

export const slidingWindowKeys = {
  use_sliding_window: z.boolean().default(false),
  sliding_window: positiveInteger.nullable().default(4096),
  max_window_layers: z.number().int().nonnegative().default(28),
  // transformers 5
  layer_types: z.array(layerTypeSchema).nullish(),
};

type SlidingWindowKeys = z.infer<z.ZodObject<typeof slidingWindowKeys>> & {
  readonly num_hidden_layers: number;
  readonly max_position_embeddings: number;
};

/**
 * Keys that a query of each layer sees, the last of them its own; undefined where that is all before it.
 * @throws DataError when a layer has a window and no size is given
 */
export function windowsOf(config: SlidingWindowKeys): readonly (number | undefined)[] {
  const window = config.use_sliding_window ? config.sliding_window : null;
  const types = layerTypesOf(config, (layer) => window === null || layer < config.max_window_layers);
  return types.map((type, layer) => {
    if (type === 'full_attention') return undefined;
    if (window === null)
      throw new DataError(
        'config-invalid',
        `Cannot load the model: config.json gives layer ${layer} ${type} over no tokens.`,
        { try: 'Give "sliding_window", with "use_sliding_window": true.' },
      );
    return window < config.max_position_embeddings ? window : undefined;
  });
}

/** For models in which every position sees every other. @throws DataError when a layer has a window that hides anything */
export function requireFullAttention<C extends { readonly windows: readonly (number | undefined)[] }>(
  config: C,
): C {
  const layer = config.windows.findIndex((window) => window !== undefined);
  if (layer < 0) return config;
  throw new DataError(
    'config-invalid',
    `Cannot load the model: config.json gives layer ${layer} sliding_attention over ${config.windows[layer]} tokens, and a denoiser attends to all tokens.`,
    { try: 'Use a model with use_sliding_window false.' },
  );
}
