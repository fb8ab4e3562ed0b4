// The sliding-window keys of Qwen configs. Windows that hide nothing are accepted, others refused.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { positiveInteger } from './config-keys.js';

export const slidingWindowKeys = {
  use_sliding_window: z.boolean().default(false),
  sliding_window: positiveInteger.nullable().default(4096),
  max_window_layers: z.number().int().nonnegative().default(28),
  /** transformers 5: `full_attention` or `sliding_attention` for each layer. */
  layer_types: z.array(z.string()).nullish(),
};

type SlidingWindowKeys = z.infer<z.ZodObject<typeof slidingWindowKeys>> & {
  readonly num_hidden_layers: number;
  readonly max_position_embeddings: number;
};

/** @throws DataError when a layer attends to fewer tokens than the model can read */
export function requireFullAttention(config: SlidingWindowKeys): void {
  const window = config.use_sliding_window ? config.sliding_window : null;
  const types =
    config.layer_types ??
    Array.from({ length: config.num_hidden_layers }, (_, layer) =>
      window !== null && layer >= config.max_window_layers ? 'sliding_attention' : 'full_attention',
    );
  const layer = types.findIndex((type) => type !== 'full_attention');
  if (layer < 0) return;
  if (types.every((type) => type === 'full_attention' || type === 'sliding_attention'))
    if (window !== null && window >= config.max_position_embeddings) return;
  throw new DataError(
    'config-invalid',
    `Cannot load the model: config.json gives layer ${layer} ${types[layer]}${types[layer] === 'sliding_attention' ? ` over ${window ?? 'no'} tokens` : ''}, and maria's decoders attend to all tokens before.`,
    { try: 'Use a model with use_sliding_window false.' },
  );
}
