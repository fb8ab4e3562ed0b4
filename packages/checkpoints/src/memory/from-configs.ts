// What a pair or a denoiser takes, told by configs alone: shapes follow from them, so no weights have to be there.
import {
  type Architecture,
  denoiserFamilyOf,
  numberOfElements,
  ownTurn,
  parameterShapes,
  readArchitecture,
  type StorageDType,
  tracePart,
  type WeightSource,
} from '@maria/core';
import { type Quantization, quantizations } from '../quantize/scheme.js';
import type { JsonObject } from '../weights/json-file.js';
import { type EstimatedModel, estimateMemory, usualContext } from './estimate.js';

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
  return {
    parameters: { ar: ar.parameters, mlm: mlm.parameters },
    context: Math.min(ar.architecture.sizes.maxLength, mlm.architecture.sizes.maxLength),
    memory: memoryOf(model),
    cacheTokens,
  };
}

export interface DenoiserFacts {
  /** Numbers that its passes read. */
  readonly parameters: number;
  /** Bytes when it is loaded, by quantisation, with a text of 1024 tokens: the same sum that is made before loading. */
  readonly memory: Readonly<Record<Quantization, number>>;
}

/** @param family its name, where the config does not tell it @throws DataError where a config is of no family of denoisers */
export function denoiserFacts(config: JsonObject, family?: string): DenoiserFacts {
  const empty: WeightSource = { names: () => [], get: () => undefined, read: () => new Float32Array() };
  const found = denoiserFamilyOf(config, empty, 'config.json', family);
  if (!found) throw new TypeError(`${config.model_type} is no family of denoisers`);
  const { architecture, source, parameters } = shapesFrom(found.read(config, 'config.json', empty), config);
  const { outputEmbedding, sizes } = architecture;
  const matrix = { source, weight: outputEmbedding.weight, hiddenSize: sizes.hiddenSize };
  const model: EstimatedModel = {
    mlm: tracePart(architecture, source),
    matrices: [matrix],
    vocabularySize: sizes.vocabularySize,
    capacity: sizes.maxLength,
  };
  return { parameters, memory: memoryOf(model) };
}

function memoryOf(model: EstimatedModel): Record<Quantization, number> {
  const totals = quantizations.map((scheme) => [scheme, estimateMemory(model, scheme).total] as const);
  return Object.fromEntries(totals) as Record<Quantization, number>;
}

function shapesOf<K extends Architecture['kind']>(config: JsonObject, kind: K) {
  const architecture = readArchitecture(config, 'config.json');
  if (architecture.kind !== kind) throw new TypeError(`${architecture.modelType} is not ${kind}`);
  return shapesFrom(architecture as Extract<Architecture, { kind: K }>, config);
}

function shapesFrom<A extends Architecture>(architecture: A, config: JsonObject) {
  const dtype = storedDType(config);
  const shapes = parameterShapes(architecture);
  const { prefixes, spelled = (name: string) => name } = architecture.tensorNames;
  const stored = new Map(shapes);
  for (const [name, shape] of shapes) stored.set(prefixes[0] + spelled(name), shape);
  const source: WeightSource = {
    names: () => stored.keys(),
    get: (name) => {
      const shape = stored.get(name);
      const location = { kind: 'memory', bytes: new Uint8Array() } as const;
      return shape && { name, shape, dtype, location };
    },
    read: () => new Float32Array(),
  };
  const parameters = [...shapes.values()].reduce((sum, shape) => sum + numberOfElements(shape), 0);
  return { architecture, source, parameters };
}

/** How a config says that its weights are stored; those that do not say it are taken to be float32. */
function storedDType({ dtype, torch_dtype }: JsonObject): StorageDType {
  const told = dtype ?? torch_dtype;
  return told === 'float16' || told === 'bfloat16' ? told : 'float32';
}
