// Generative perplexity under the model's own AR part, where it can be asked alone.
import type { MariaModel } from '@maria/core';
import { MariaError } from '@maria/core/errors';
import type { Annealing } from './engine.js';

/** null for a MARIA checkpoint that holds no output embedding of its AR model: a finished run is not lost for that. */
export async function perplexityOf(
  { generativePerplexity }: Pick<Annealing, 'generativePerplexity'>,
  model: MariaModel,
  text: string,
): Promise<number | null> {
  try {
    return (await generativePerplexity(model, text)).perplexity;
  } catch (error) {
    if (error instanceof MariaError && error.code === 'expert-missing') return null;
    throw error;
  }
}
