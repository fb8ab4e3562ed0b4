// What a model family is: a config schema, a forward function over ops, and the names of its tensors.
import type { z } from 'zod';
import type { Tensor } from '../tensor/tensor.js';
import type { CacheSlots } from './cache-slots.js';
import type { Weights } from './weights.js';

/** What a config says that callers need: sizes and special ids. */
export interface ModelSizes {
  readonly hiddenSize: number;
  /** Rows of the embedding table; may be padded beyond the tokenizer. */
  readonly vocabularySize: number;
  readonly layers: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Most positions that the model was made for. */
  readonly maxLength: number;
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
}

/** Where the matrix that turns hidden states into logits is: [vocabularySize, hiddenSize]. */
export interface OutputEmbedding {
  readonly weight: string;
  readonly bias?: string | undefined;
}

interface Family<C> {
  /** As in config.json. */
  readonly modelType: string;
  readonly config: z.ZodType<C>;
  sizes(config: C): ModelSizes;
  /** Names as in the checkpoint, without the prefix of the base model (see Weights). */
  outputEmbedding(config: C): OutputEmbedding;
}

export interface CausalFamily<C = unknown> extends Family<C> {
  readonly kind: 'causal';
  /**
   * Hidden states after the final norm, [batch, time, hiddenSize], of ids int32 [batch, time].
   * With a cache (batch 1) the ids follow the `pastLength` tokens in it.
   */
  forward(config: C, weights: Weights, ids: Tensor, cache?: CacheSlots): Tensor;
}

export interface MaskedFamily<C = unknown> extends Family<C> {
  readonly kind: 'masked';
  /** Hidden states after the prediction-head transform, [batch, time, hiddenSize], of ids int32 [batch, time]. */
  forward(config: C, weights: Weights, ids: Tensor): Tensor;
}

export type ModelFamily<C = unknown> = CausalFamily<C> | MaskedFamily<C>;
