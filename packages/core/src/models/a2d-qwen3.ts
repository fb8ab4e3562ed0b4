// Tiny-A2D (dLLM, 2025): Qwen3 without the causal mask. Its rows are not shifted.
import { bidirectionalDecoder } from './bidirectional-decoder.js';
import { qwen3Layers, qwen3Schema } from './qwen3.js';
import { requireFullAttention } from './sliding-window.js';

export const a2dQwen3 = bidirectionalDecoder({
  name: 'a2d-qwen3',
  modelType: 'a2d-qwen3',
  config: qwen3Schema.transform(requireFullAttention),
  forward: qwen3Layers,
  shift: false,
});
