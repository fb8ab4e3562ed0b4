// What a model family is: a config schema, a forward function over ops, and the names of its tensors.
import type { z } from 'zod';
import type { Tensor } from '../tensor/tensor.js';
import type { CacheSlots } from './cache-slots.js';
import type { TensorNames, Weights } from './weights.js';

/** What a config says that callers need: sizes and special ids. */
export interface ModelSizes {
  /** Width of the hidden states that the output embedding multiplies. */
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

/** Where the matrix that turns hidden states into logits is: [vocabularySize, hiddenSize]. Names as `tensorNames` resolves them. */
export interface OutputEmbedding {
  readonly weight: string;
  readonly bias?: string | undefined;
}

/** A family with one checked config: what programs are built from. */
export interface CausalArchitecture {
  readonly kind: 'causal';
  readonly modelType: string;
  readonly sizes: ModelSizes;
  readonly outputEmbedding: OutputEmbedding;
  readonly tensorNames: TensorNames;
  /**
   * Hidden states after the final norm, [batch, time, hiddenSize], of ids int32 [batch, time].
   * With a cache (batch 1) the ids follow the `pastLength` tokens in it.
   */
  forward(weights: Weights, ids: Tensor, cache?: CacheSlots): Tensor;
}

export interface MaskedArchitecture {
  readonly kind: 'masked';
  readonly modelType: string;
  readonly sizes: ModelSizes;
  readonly outputEmbedding: OutputEmbedding;
  readonly tensorNames: TensorNames;
  /** Hidden states after the prediction-head transform, [batch, time, hiddenSize], of ids int32 [batch, time]. */
  forward(weights: Weights, ids: Tensor): Tensor;
  /** The same model as a base model is saved, without its prediction head: the hidden states are the encoder's. */
  withoutHead(): MaskedArchitecture;
}

export type Architecture = CausalArchitecture | MaskedArchitecture;

export interface ModelFamily {
  readonly kind: Architecture['kind'];
  /** As in config.json. */
  readonly modelType: string;
  /** Checks a config.json. @throws z.ZodError naming the keys that do not fit */
  read(configJson: unknown): Architecture;
}

/** What a family's file says, with its own config type. */
interface Definition<C> {
  readonly modelType: string;
  readonly config: z.ZodType<C>;
  /** How checkpoints spell the names that `forward` and `outputEmbedding` use. */
  readonly tensorNames: TensorNames;
  sizes(config: C): ModelSizes;
  outputEmbedding(config: C): OutputEmbedding;
}

export function causalFamily<C>(
  definition: Definition<C> & {
    forward(config: C, weights: Weights, ids: Tensor, cache?: CacheSlots): Tensor;
  },
): ModelFamily {
  return {
    kind: 'causal',
    modelType: definition.modelType,
    read: (configJson) => {
      const config = definition.config.parse(configJson);
      return {
        ...bind(definition, config),
        kind: 'causal',
        forward: (weights, ids, cache) => definition.forward(config, weights, ids, cache),
      };
    },
  };
}

interface MaskedDefinition<C> extends Definition<C> {
  /** Width of the encoder's hidden states, where it is another than that of the head. */
  encoderSize?(config: C): number;
  /** The encoder: ids int32 [batch, time] → [batch, time, encoderSize]. */
  encode(config: C, weights: Weights, ids: Tensor): Tensor;
  /** The prediction-head transform: [batch, time, encoderSize] → [batch, time, hiddenSize]. */
  transform(config: C, weights: Weights, encoded: Tensor): Tensor;
}

export function maskedFamily<C>(definition: MaskedDefinition<C>): ModelFamily {
  return {
    kind: 'masked',
    modelType: definition.modelType,
    read: (configJson) => {
      const config = definition.config.parse(configJson);
      const bound = bind(definition, config);
      const encode = (weights: Weights, ids: Tensor) => definition.encode(config, weights, ids);
      const hiddenSize = definition.encoderSize?.(config) ?? bound.sizes.hiddenSize;
      const encoder: MaskedArchitecture = {
        ...bound,
        sizes: { ...bound.sizes, hiddenSize },
        kind: 'masked',
        forward: encode,
        withoutHead: () => encoder,
      };
      return {
        ...bound,
        kind: 'masked',
        forward: (weights, ids) => definition.transform(config, weights, encode(weights, ids)),
        withoutHead: () => encoder,
      };
    },
  };
}

function bind<C>(definition: Definition<C>, config: C) {
  return {
    modelType: definition.modelType,
    sizes: definition.sizes(config),
    outputEmbedding: definition.outputEmbedding(config),
    tensorNames: definition.tensorNames,
  };
}
