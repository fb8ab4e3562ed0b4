// Published models that are half of a known pair: what their pages on the Hugging Face Hub say of them.
// Only what was read there, or in copies of the same files, is written down; what was not seen is left out.

export interface KnownModel {
  /** On the Hugging Face Hub. */
  readonly id: string;
  /** The commit that is brought, where one was seen that has all that is needed; else the newest of its main branch. */
  readonly revision?: string;
  /** As its model card names it. */
  readonly license: string;
  /** Whether its terms have to be accepted on the Hub first. */
  readonly isGated?: boolean;
  /** Bytes of the weights and the tokenizer, as the Hub lists them: to three digits. */
  readonly download?: number;
  /** What its config.json says of its shape. */
  readonly config?: Readonly<Record<string, unknown>>;
}

interface Shape {
  readonly hidden: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly positions: number;
}

function config(modelType: string, shape: Shape, more: object = {}): Record<string, unknown> {
  return {
    model_type: modelType,
    hidden_size: shape.hidden,
    intermediate_size: shape.inner,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.positions,
    ...more,
  };
}

const megabytes = (count: number) => Math.round(count * 1e6);

// github.com/JHU-CLSP/ettin-encoder-vs-decoder has the shapes; 7,999 positions are those of ettin-encoder-32m, as its config was quoted.
const ettinShapes = {
  '17m': { hidden: 256, inner: 384, layers: 7, heads: 4 },
  '32m': { hidden: 384, inner: 576, layers: 10, heads: 6 },
  '68m': { hidden: 512, inner: 768, layers: 19, heads: 8 },
  '150m': { hidden: 768, inner: 1152, layers: 22, heads: 12 },
  '400m': { hidden: 1024, inner: 2624, layers: 28, heads: 16 },
  '1b': { hidden: 1792, inner: 3840, layers: 28, heads: 28 },
};

export type EttinSize = keyof typeof ettinShapes;
export const ettinSizes = Object.keys(ettinShapes) as EttinSize[];

export function ettin(part: 'decoder' | 'encoder', size: EttinSize) {
  const shape = { ...ettinShapes[size], vocabulary: 50368, positions: 7999 };
  return {
    id: `jhu-clsp/ettin-${part}-${size}`,
    license: 'mit',
    config: config(part === 'decoder' ? 'modernbert-decoder' : 'modernbert', shape),
  } satisfies KnownModel;
}

const modernbertShape = { vocabulary: 50368, positions: 8192 };

export const modernbert = {
  base: {
    id: 'answerdotai/ModernBERT-base',
    revision: '8949b909ec900327062f0ebf497f51aef5e6f0c8',
    license: 'apache-2.0',
    config: config('modernbert', { ...modernbertShape, hidden: 768, inner: 1152, layers: 22, heads: 12 }),
  },
  large: {
    id: 'answerdotai/ModernBERT-large',
    revision: '45bb4654a4d5aaff24dd11d4781fa46d39bf8c13',
    license: 'apache-2.0',
    download: megabytes(1583.5 + 2.13),
    config: config('modernbert', { ...modernbertShape, hidden: 1024, inner: 2624, layers: 28, heads: 16 }),
  },
} satisfies Record<string, KnownModel>;

const olmoShape = { vocabulary: 50304, positions: 4096 };

export const olmo = {
  '1b': {
    id: 'allenai/OLMo-1B-0724-hf',
    revision: 'd7cbab742d80589e714b1a2d7f838dcd21cbe143',
    license: 'apache-2.0',
    download: megabytes(4710 + 412 + 2.12),
    config: config('olmo', { ...olmoShape, hidden: 2048, inner: 8192, layers: 16, heads: 16 }),
  },
  // The shape as a model says that was trained from the Instruct model of the same series.
  '7b': {
    id: 'allenai/OLMo-7B-0724-hf',
    revision: 'cd289309e7750e5be489d47e7e4d0a95595f568f',
    license: 'apache-2.0',
    download: megabytes(4940 + 4990 + 4920 + 4860 + 4860 + 2980 + 2.12),
    config: config('olmo', { ...olmoShape, hidden: 4096, inner: 11008, layers: 32, heads: 32 }),
  },
} satisfies Record<string, KnownModel>;

// github.com/EleutherAI/pythia has the larger ones' shapes, under the names of their first counts.
const pythiaShape = { vocabulary: 50304, positions: 2048 };

export const pythia = {
  '160m': {
    id: 'EleutherAI/pythia-160m',
    revision: '50f5173d932e8e61f858120bcb800b97af589f46',
    license: 'apache-2.0',
    download: megabytes(375 + 2.11),
    config: config('gpt_neox', { ...pythiaShape, hidden: 768, inner: 3072, layers: 12, heads: 12 }),
  },
  '410m': {
    id: 'EleutherAI/pythia-410m',
    revision: '9879c9b5f8bea9051dcb0e68dff21493d67e9d4f',
    license: 'apache-2.0',
    download: megabytes(911 + 2.11),
    config: config('gpt_neox', { ...pythiaShape, hidden: 1024, inner: 4096, layers: 24, heads: 16 }),
  },
  '1b': {
    id: 'EleutherAI/pythia-1b',
    revision: 'f73d7dcc545c8bd326d8559c8ef84ffe92fea6b2',
    license: 'apache-2.0',
    download: megabytes(2090 + 2.11),
    config: config('gpt_neox', { ...pythiaShape, hidden: 2048, inner: 8192, layers: 16, heads: 8 }),
  },
} satisfies Record<string, KnownModel>;

const gpt2Config = (layers: number) => ({
  model_type: 'gpt2',
  n_embd: 768,
  n_layer: layers,
  n_head: 12,
  n_positions: 1024,
  vocab_size: 50257,
});

export const gpt2: KnownModel = {
  id: 'openai-community/gpt2',
  revision: '607a30d783dfa663caf39e06633721c8d4cfcd7e',
  license: 'mit',
  config: gpt2Config(12),
};

// The distilled ones, and RoBERTa: the usual shape, which the sizes of their files bear out.
export const distilgpt2: KnownModel = {
  id: 'distilbert/distilgpt2',
  license: 'apache-2.0',
  download: megabytes(353 + 1.36),
  config: gpt2Config(6),
};

const robertaConfig = (layers: number) =>
  config('roberta', { hidden: 768, inner: 3072, layers, heads: 12, vocabulary: 50265, positions: 514 });

export const roberta: KnownModel = {
  id: 'FacebookAI/roberta-base',
  revision: 'e2da8e2f811d1448a5b465c236feacd80ffbac7b',
  license: 'mit',
  download: megabytes(499 + 1.36),
  config: robertaConfig(12),
};

export const distilroberta: KnownModel = {
  id: 'distilbert/distilroberta-base',
  revision: 'fb53ab8802853c8e4fbdbcd0529f21fc6f459b2b',
  license: 'apache-2.0',
  download: megabytes(331 + 1.36),
  config: robertaConfig(6),
};

// Sizes and shape as copies of the gated repository have them.
export const llama: KnownModel = {
  id: 'meta-llama/Llama-3.2-1B',
  revision: '4e20de362430cd3b72f300e6b0f18e50e7166e08',
  license: 'llama3.2',
  isGated: true,
  download: megabytes(2470 + 9.09),
  config: config(
    'llama',
    { hidden: 2048, inner: 8192, layers: 16, heads: 32, vocabulary: 128256, positions: 131072 },
    { num_key_value_heads: 8, head_dim: 64, tie_word_embeddings: true },
  ),
};

const eurobertShape = { vocabulary: 128256, positions: 8192 };

export const eurobert = {
  '210m': {
    id: 'EuroBERT/EuroBERT-210m',
    license: 'apache-2.0',
    download: megabytes(1240 + 17.2),
    config: config('eurobert', { ...eurobertShape, hidden: 768, inner: 3072, layers: 12, heads: 12 }),
  },
  '610m': { id: 'EuroBERT/EuroBERT-610m', license: 'apache-2.0' },
  '2.1b': {
    id: 'EuroBERT/EuroBERT-2.1B',
    license: 'apache-2.0',
    download: megabytes(9610 + 17.2),
    config: config(
      'eurobert',
      { ...eurobertShape, hidden: 2304, inner: 6144, layers: 32, heads: 18 },
      { num_key_value_heads: 6 },
    ),
  },
} satisfies Record<string, KnownModel>;

// The shape as models say that were trained from it.
export const gemma2: KnownModel = {
  id: 'google/gemma-2-2b',
  revision: 'c5ebcd40d208330abc697524c919956e692655cf',
  license: 'gemma',
  isGated: true,
  config: config(
    'gemma2',
    { hidden: 2304, inner: 9216, layers: 26, heads: 8, vocabulary: 256000, positions: 8192 },
    { num_key_value_heads: 4, head_dim: 256, sliding_window: 4096 },
  ),
};

const mmbertShape = { inner: 1152, layers: 22, vocabulary: 256000, positions: 8192 };

export const mmbert = {
  // The shape as a copy of its config.json has it.
  small: {
    id: 'jhu-clsp/mmBERT-small',
    license: 'mit',
    config: config('modernbert', { ...mmbertShape, hidden: 384, heads: 6 }),
  },
  // As wide as ModernBERT-base, which the size of its file bears out.
  base: {
    id: 'jhu-clsp/mmBERT-base',
    license: 'mit',
    config: config('modernbert', { ...mmbertShape, hidden: 768, heads: 12 }),
  },
} satisfies Record<string, KnownModel>;

const sarashinaShape = { vocabulary: 102400, positions: 8192 };

export const sarashina = {
  '0.5b': { id: 'sbintuitions/sarashina2.2-0.5b', license: 'mit' },
  '1b': {
    id: 'sbintuitions/sarashina2.2-1b',
    revision: '76e44777539ebf79503fa212900b12abb6b9eb62',
    license: 'mit',
    download: megabytes(2820 + 1.83),
    // The shape of sarashina2.1-1b, whose files the Hub lists with the same sizes.
    config: config(
      'llama',
      { ...sarashinaShape, hidden: 1792, inner: 6272, layers: 24, heads: 16 },
      { num_key_value_heads: 8 },
    ),
  },
  '3b': {
    id: 'sbintuitions/sarashina2.2-3b',
    license: 'mit',
    config: config(
      'llama',
      { ...sarashinaShape, hidden: 2560, inner: 8960, layers: 32, heads: 16 },
      { num_key_value_heads: 8 },
    ),
  },
} satisfies Record<string, KnownModel>;

export const modernbertJa = {
  // The sizes of the layers as the model card has them; their heads are of 64, as those of its smaller and larger sister.
  '130m': {
    id: 'sbintuitions/modernbert-ja-130m',
    license: 'mit',
    config: config('modernbert', { ...sarashinaShape, hidden: 512, inner: 2048, layers: 19, heads: 8 }),
  },
  '310m': {
    id: 'sbintuitions/modernbert-ja-310m',
    license: 'mit',
    config: config('modernbert', { ...sarashinaShape, hidden: 768, inner: 3072, layers: 25, heads: 12 }),
  },
} satisfies Record<string, KnownModel>;

export const llmJp = {
  '150m': { id: 'llm-jp/llm-jp-3-150m', license: 'apache-2.0', download: megabytes(305 + 6.42) },
  '440m': { id: 'llm-jp/llm-jp-3-440m', license: 'apache-2.0', download: megabytes(895 + 6.42) },
  // The shape of a layer as a model says that was cut from it; its file has room for 24 of them.
  '1.8b': {
    id: 'llm-jp/llm-jp-3-1.8b',
    license: 'apache-2.0',
    download: megabytes(3740 + 6.42),
    config: config('llama', {
      hidden: 2048,
      inner: 7168,
      layers: 24,
      heads: 16,
      vocabulary: 99584,
      positions: 4096,
    }),
  },
} satisfies Record<string, KnownModel>;

export const llmJpModernbert: KnownModel = {
  id: 'llm-jp/llm-jp-modernbert-base',
  license: 'apache-2.0',
  download: megabytes(750 + 6.41),
  // "ModernBERT-base architecture with llm-jp-tokenizer", which the size of its file bears out.
  config: config('modernbert', {
    hidden: 768,
    inner: 1152,
    layers: 22,
    heads: 12,
    vocabulary: 99574,
    positions: 8192,
  }),
};
