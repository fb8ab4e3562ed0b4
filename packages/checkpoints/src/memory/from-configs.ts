// What a pair takes, told by its two configs alone: shapes follow from them, so no weights have to be there.
import {
  type Architecture,
  numberOfElements,
  ownTurn,
  parameterShapes,
  readArchitecture,
  tracePart,
  type WeightSource,
} from '@maria/core';
import { type Quantization, quantizations } from '../quantize/scheme.js';
import type { JsonObject } from '../weights/json-file.js';
import { estimateMemory, usualContext } from './estimate.js';

export interface PairFacts {
  /** Numbers that each model's files hold, a matrix that is tied once. */
  readonly parameters: { readonly ar: number; readonly mlm: number };
  /** Tokens of the longest text that both read. */
  readonly context: number;
  /** Bytes when it is loaded for one text, by quantisation, with a KV cache of `cacheTokens`: the same sum that is made before loading. */
  readonly memory: Readonly<Record<Quantization, number>>;
  readonly cacheTokens: number;
}

/** @throws DataError where a config is none of its family */
export async function pairFacts(arConfig: JsonObject, mlmConfig: JsonObject): Promise<PairFacts> {
  const ar = shapesOf(arConfig, 'causal');
  const mlm = shapesOf(mlmConfig, 'masked');
  await ownTurn();
  const cacheTokens = Math.min(usualContext, ar.architecture.sizes.maxLength);
  const model = {
    ar: tracePart(ar.architecture, ar.source, { capacity: cacheTokens }),
    mlm: tracePart(mlm.architecture, mlm.source),
    matrices: [ar, mlm].map(({ architecture: { outputEmbedding, sizes }, source }) => ({
      source,
      weight: outputEmbedding.weight,
      hiddenSize: sizes.hiddenSize,
    })),
    vocabularySize: Math.min(...[ar, mlm].map(({ architecture }) => architecture.sizes.vocabularySize)),
    capacity: cacheTokens,
  };
  const totals = quantizations.map((scheme) => [scheme, estimateMemory(model, scheme).total] as const);
  return {
    parameters: { ar: ar.parameters, mlm: mlm.parameters },
    context: Math.min(ar.architecture.sizes.maxLength, mlm.architecture.sizes.maxLength),
    memory: Object.fromEntries(totals) as Record<Quantization, number>,
    cacheTokens,
  };
}

function shapesOf<K extends Architecture['kind']>(config: JsonObject, kind: K) {
  const architecture = readArchitecture(config, 'config.json');
  if (architecture.kind !== kind) throw new TypeError(`${architecture.modelType} is not ${kind}`);
  const shapes = parameterShapes(architecture);
  const source: WeightSource = {
    names: () => shapes.keys(),
    get: (name) => {
      const shape = shapes.get(name);
      const location = { kind: 'memory', bytes: new Uint8Array() } as const;
      return shape && { name, shape, dtype: 'float32', location };
    },
    read: () => new Float32Array(),
  };
  const parameters = [...shapes.values()].reduce((sum, shape) => sum + numberOfElements(shape), 0);
  return { architecture: architecture as Extract<Architecture, { kind: K }>, source, parameters };
}
