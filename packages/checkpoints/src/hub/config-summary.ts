// The few facts of a config.json that tell what a model is, under whichever keys its family has them.
import type { JsonObject } from '../weights/json-file.js';

export interface ConfigSummary {
  /** `model_type`, which names the family. */
  readonly modelType: string | undefined;
  readonly architectures: readonly string[];
  readonly hiddenSize: number | undefined;
  readonly layers: number | undefined;
  readonly heads: number | undefined;
  readonly vocabularySize: number | undefined;
  /** Tokens of the longest text. */
  readonly maxLength: number | undefined;
  /** Of the weights, for example "bfloat16". */
  readonly dtype: string | undefined;
}

export function summarizeConfig(config: JsonObject): ConfigSummary {
  const number = (...keys: string[]) =>
    keys.map((key) => config[key]).find((value) => typeof value === 'number');
  const text = (...keys: string[]) =>
    keys.map((key) => config[key]).find((value) => typeof value === 'string');
  const { architectures } = config;
  return {
    modelType: text('model_type'),
    architectures: Array.isArray(architectures)
      ? architectures.filter((name) => typeof name === 'string')
      : [],
    hiddenSize: number('hidden_size', 'n_embd', 'dim'),
    layers: number('num_hidden_layers', 'n_layer', 'n_layers'),
    heads: number('num_attention_heads', 'n_head', 'n_heads'),
    vocabularySize: number('vocab_size'),
    maxLength: number('max_position_embeddings', 'n_positions'),
    dtype: text('torch_dtype', 'dtype'),
  };
}
