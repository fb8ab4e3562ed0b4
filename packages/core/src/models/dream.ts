// Dream (Ye et al., 2025), and DiffuCoder and DreamOn, which are made of it: Qwen2 without the causal mask.
import { bidirectionalQwen2 } from './bidirectional-qwen2.js';

export const dream = bidirectionalQwen2({
  name: 'dream',
  modelType: 'Dream',
  maskId: ({ mask_token_id: id }) => (typeof id === 'number' ? id : undefined),
});
