// What a model family is: a config schema, a forward function over ops, and the names of its tensors.
import type { z } from 'zod';
import { DataError } from '../errors.js';
import { misfit } from '../misfit.js';
import { quoteJson } from '../quote.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CacheSlots } from './cache-slots.js';
import type { PackedSequences } from './packed-sequences.js';
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
  /**
   * Where the config ties the matrix to the table of the input's tokens, which `weight` then is: the name of a matrix of its own.
   * A checkpoint may hold only that one, or both, and then other numbers in each.
   */
  readonly untied?: string;
  /**
   * Bound of the logits that the model itself gives: l becomes softcap tanh(l / softcap). A fused head is a matrix of hidden
   * states, and bounds nothing. @default none
   */
  readonly softcap?: number | undefined;
}

/** The matrix `own`, or where the config ties the two, the table of the input's tokens. */
export function outputMatrix(
  { tie_word_embeddings: tied }: { readonly tie_word_embeddings: boolean },
  { table, own }: { readonly table: string; readonly own: string },
): OutputEmbedding {
  return tied ? { weight: table, untied: own } : { weight: own };
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
   * With a cache (batch 1) the ids are those of several sequences, each after the tokens in its lane.
   */
  forward(weights: Weights, ids: Tensor, cache?: CacheSlots): Tensor;
}

export interface MaskedArchitecture {
  readonly kind: 'masked';
  readonly modelType: string;
  readonly sizes: ModelSizes;
  readonly outputEmbedding: OutputEmbedding;
  readonly tensorNames: TensorNames;
  /**
   * Hidden states after the prediction-head transform, [batch, time, hiddenSize], of ids int32 [batch, time].
   * Packed (batch 1), the ids are those of several sequences, one after the other.
   */
  forward(weights: Weights, ids: Tensor, packed?: PackedSequences): Tensor;
  /** The same model as a base model is saved, without its prediction head: the hidden states are the encoder's. */
  withoutHead(): MaskedArchitecture;
}

export type Architecture = CausalArchitecture | MaskedArchitecture;

export interface ModelFamily {
  readonly kind: Architecture['kind'];
  /** As in config.json. */
  readonly modelType: string;
  /**
   * Checks a config.json. @param where names it in errors
   * @throws DataError naming the key that does not fit
   */
  read(configJson: object, where: string): Architecture;
}

/** What a family's file says, with its own config type. */
interface Definition<C> {
  readonly modelType: string;
  readonly config: z.ZodType<C>;
  /** The family's own names of keys that may also be given under their general name, as in transformers' `attribute_map`. */
  readonly ownKeys?: Readonly<Record<string, string>>;
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
    read: (configJson, where) => {
      const config = readConfig(definition, configJson, where);
      return {
        ...bind(definition, config),
        kind: 'causal',
        forward: (weights, ids, cache) => definition.forward(config, weights, ids, cache),
      };
    },
  };
}

export interface MaskedDefinition<C> extends Definition<C> {
  /** Width of the encoder's hidden states, where it is another than that of the head. */
  encoderSize?(config: C): number;
  /** The encoder: ids int32 [batch, time] → [batch, time, encoderSize]. */
  encode(config: C, weights: Weights, ids: Tensor, packed?: PackedSequences): Tensor;
  /** The prediction-head transform: [batch, time, encoderSize] → [batch, time, hiddenSize]. */
  transform(config: C, weights: Weights, encoded: Tensor): Tensor;
}

export function maskedFamily<C>(definition: MaskedDefinition<C>): ModelFamily {
  return {
    kind: 'masked',
    modelType: definition.modelType,
    read: (configJson, where) => {
      const config = readConfig(definition, configJson, where);
      const bound = bind(definition, config);
      const encode: MaskedArchitecture['forward'] = (weights, ids, packed) =>
        definition.encode(config, weights, ids, packed);
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
        forward: (weights, ids, packed) =>
          definition.transform(config, weights, encode(weights, ids, packed)),
        withoutHead: () => encoder,
      };
    },
  };
}

/** A key given under its general name (`hidden_size`) counts as the family's own (`n_embd`). */
function readConfig<C>(
  { config: schema, ownKeys = {}, sizes }: Definition<C>,
  json: object,
  where: string,
): C {
  const general = Object.entries(json).filter(([key]) => Object.hasOwn(ownKeys, key));
  const renamed = general.map(([key, value]): [string, unknown] => [ownKeys[key]!, value]);
  const value = { ...json, ...Object.fromEntries(renamed) };
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    checkTokenIds(json, sizes(parsed.data).vocabularySize, where);
    return parsed.data;
  }
  const givenName = (key: string) => general.find(([name]) => ownKeys[name] === key)?.[0] ?? key;
  throw invalidConfig(where, misfit(schema, value, parsed.error, givenName));
}

function bind<C>(definition: Definition<C>, config: C) {
  const outputEmbedding = definition.outputEmbedding(config);
  return {
    modelType: definition.modelType,
    sizes: definition.sizes(config),
    outputEmbedding,
    tensorNames: withTied(definition.tensorNames, outputEmbedding),
  };
}

const tokenIdKeys = ['bos', 'eos', 'pad', 'cls', 'sep', 'mask'].map((role) => `${role}_token_id`);

/** The row of another token would be read for an id that is not in the table. */
function checkTokenIds(json: object, vocabularySize: number, where: string): void {
  for (const key of tokenIdKeys) {
    // -1 is how some configs say that they have no padding.
    const lowest = key === 'pad_token_id' ? -1 : 0;
    const ids: unknown[] = [(json as Readonly<Record<string, unknown>>)[key] ?? []].flat();
    const outside = ids.find(
      (id) => !(Number.isInteger(id) && (id as number) >= lowest && (id as number) < vocabularySize),
    );
    if (outside === undefined) continue;
    throw invalidConfig(
      where,
      `key "${key}": it must be the id of a token, 0 to ${vocabularySize - 1}, and is ${quoteJson(outside)}`,
    );
  }
}

function invalidConfig(where: string, fact: string): DataError {
  return new DataError('config-invalid', `Cannot load the model: ${where}, ${fact}.`, {
    try: 'Correct the file, or take it again from where it came.',
  });
}

/** Of two tied matrices each is known by the name of the other too. */
function withTied(names: TensorNames, { weight, untied }: OutputEmbedding): TensorNames {
  if (untied === undefined) return names;
  return {
    ...names,
    alternatives: (name) => [...(names.alternatives?.(name) ?? []), ...(name === weight ? [untied] : [])],
  };
}
