// DiffuLLaMA (Gong et al., 2024): Llama without the causal mask. Its files are a Llama's: the user has to say what it is.
import { bidirectionalDecoder } from './bidirectional-decoder.js';
import { llamaForward, llamaSchema } from './llama.js';

export const diffullama = bidirectionalDecoder({
  name: 'diffullama',
  modelType: 'llama',
  recognizes: () => false,
  config: llamaSchema,
  forward: llamaForward,
  shift: true,
});
