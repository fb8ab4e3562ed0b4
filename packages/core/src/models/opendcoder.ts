// Open-dCoder (Open-dLLM, 2025): Qwen2 without the causal mask. Its files are a Qwen2's: the user has to say what it is.
import { bidirectionalQwen2 } from './bidirectional-qwen2.js';

export const opendcoder = bidirectionalQwen2({
  name: 'opendcoder',
  modelType: 'qwen2',
  recognizes: () => false,
});
