// The shapes of published models, for weights made on the fly: what their config.json says.
import { ettin, ettinSizes } from '@maria/checkpoints';
import { type Architecture, readArchitecture, UsageError } from '@maria/core';

type Config = Readonly<Record<string, unknown>>;

const olmo = { model_type: 'olmo', vocab_size: 50304, max_position_embeddings: 2048, hidden_act: 'silu' };
const modernbert = { model_type: 'modernbert', vocab_size: 50368, max_position_embeddings: 8192 };

/** jhu-clsp/ettin-decoder-N, or ettin-encoder-N. */
const ettinShapes = (part: 'decoder' | 'encoder'): Record<string, Config> =>
  Object.fromEntries(ettinSizes.map((size) => [`ettin-${part}-${size}`, ettin(part, size).config]));

export const arShapes: Readonly<Record<string, Config>> = {
  ...ettinShapes('decoder'),
  /** allenai/OLMo-1B-hf */
  'olmo-1b': {
    ...olmo,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    tie_word_embeddings: true,
  },
  /** allenai/OLMo-7B-hf */
  'olmo-7b': {
    ...olmo,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    tie_word_embeddings: false,
  },
  /** EleutherAI/pythia-160m */
  'pythia-160m': {
    model_type: 'gpt_neox',
    vocab_size: 50304,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    max_position_embeddings: 2048,
    rotary_pct: 0.25,
    tie_word_embeddings: false,
  },
  /** openai-community/gpt2 */
  gpt2: { model_type: 'gpt2', vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024 },
};

export const mlmShapes: Readonly<Record<string, Config>> = {
  ...ettinShapes('encoder'),
  /** answerdotai/ModernBERT-base */
  'modernbert-base': {
    ...modernbert,
    hidden_size: 768,
    intermediate_size: 1152,
    num_hidden_layers: 22,
    num_attention_heads: 12,
  },
  /** answerdotai/ModernBERT-large */
  'modernbert-large': {
    ...modernbert,
    hidden_size: 1024,
    intermediate_size: 2624,
    num_hidden_layers: 28,
    num_attention_heads: 16,
  },
  /** FacebookAI/roberta-base */
  'roberta-base': {
    model_type: 'roberta',
    vocab_size: 50265,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    max_position_embeddings: 514,
    type_vocab_size: 1,
    pad_token_id: 1,
  },
};

export interface ModelShape {
  readonly name: string;
  readonly config: Config;
  readonly architecture: Architecture;
}

export interface PairShape {
  readonly ar: ModelShape;
  readonly mlm: ModelShape;
}

/** Reads `olmo-1b+modernbert-large`. @throws UsageError naming the shapes that are known */
export function parsePairShape(text: string): PairShape {
  const [ar, mlm, ...others] = text.split('+');
  const find = (shapes: Readonly<Record<string, Config>>, name: string | undefined) =>
    name !== undefined && Object.hasOwn(shapes, name) ? modelShape(name, shapes[name]!) : undefined;
  const found = { ar: find(arShapes, ar), mlm: find(mlmShapes, mlm) };
  if (!found.ar || !found.mlm || others.length > 0)
    throw new UsageError(
      'shape-unknown',
      `Cannot make a pair of the shape "${text}": it must be an AR model, "+", and an MLM.`,
      {
        try: `Use one of ${Object.keys(arShapes).join(', ')}, then one of ${Object.keys(mlmShapes).join(', ')}, for example olmo-1b+modernbert-large.`,
      },
    );
  return { ar: found.ar, mlm: found.mlm };
}

export function modelShape(name: string, config: Config): ModelShape {
  return { name, config, architecture: readArchitecture(config, `the shape ${name}`) };
}
