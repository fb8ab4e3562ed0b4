// Open-dCoder (Open-dLLM, 2025): Qwen2 without the causal mask. Its files are a Qwen2's: the user has to say what it is.
import { bidirectionalDecoder } from './bidirectional-decoder.js';
import { qwen2Forward, qwen2Schema } from './qwen2.js';
import { requireFullAttention } from './sliding-window.js';

export const opendcoder = bidirectionalDecoder({
  name: 'opendcoder',
  modelType: 'qwen2',
  recognizes: () => false,
  config: qwen2Schema.transform(requireFullAttention),
  forward: qwen2Forward,
  shift: true,
});
