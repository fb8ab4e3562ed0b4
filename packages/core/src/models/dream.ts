// Dream (Ye et al., 2025), and DiffuCoder and DreamOn, which are made of it: Qwen2 without the causal mask.
import { bidirectionalDecoder } from './bidirectional-decoder.js';
import { qwen2Forward, qwen2Schema } from './qwen2.js';
import { requireFullAttention } from './sliding-window.js';

export const dream = bidirectionalDecoder({
  name: 'dream',
  modelType: 'Dream',
  config: qwen2Schema.transform(requireFullAttention),
  forward: qwen2Forward,
  shift: true,
  maskId: ({ mask_token_id: id }) => (typeof id === 'number' ? id : undefined),
});
