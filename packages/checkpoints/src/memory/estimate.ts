// How much memory a model will take, told before any of it is loaded.
import {
  type Architecture,
  type CausalArchitecture,
  cacheOf,
  defaultChunk,
  isOp,
  logitsAtOnce,
  type MaskedArchitecture,
  type ModelPart,
  numberOfElements,
  ops,
  rowsAtOnce,
  type StateStorage,
  storageBytes,
  tokensAtOnce,
  weightOp,
} from '@maria/core';
import { cacheLength, packedSlotSizes, paddedHeadSize, slotSizes } from '@maria/kernels';
import type { LogitMatrix } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { packedBytesPerElement } from '../quantize/bytes-per-element.js';
import { canQuantize, type SummedAxis, summedAxes } from '../quantize/plan.js';
import type { Quantization } from '../quantize/scheme.js';
import { passesSideBySide } from './side-by-side.js';

export interface MemoryEstimate {
  /** Matrices in the form that the kernels read them in. */
  readonly weights: number;
  /** Of all lanes at their full capacity. */
  readonly kvCache: number;
  /** Activations of passes, and what the texts that are open at once keep of them, with a text of `textTokens` tokens. */
  readonly buffers: number;
  /** The program itself, and where the buffers are smaller the largest matrix, while it is brought into form. */
  readonly overhead: number;
  readonly total: number;
}

/** Memory grows with the text; this long a one is taken for granted. */
export const textTokens = 1024;

/** Tokens of the KV cache where memory is told of a model that nobody has loaded yet, if the model reads so many. */
export const usualContext = 2048;

/** Node, the library and its sessions, without any weights. */
const programBytes = 150 * 2 ** 20;

export interface EstimatedModel {
  readonly ar?: ModelPart<CausalArchitecture>;
  readonly mlm?: ModelPart<MaskedArchitecture>;
  /** Matrices that make logits. */
  readonly matrices: readonly LogitMatrix[];
  readonly vocabularySize: number;
  /** Tokens of each KV cache. */
  readonly capacity: number;
  /** KV caches. @default 1 */
  readonly lanes?: number;
  /** How they are held. @default 'float32' */
  readonly cacheStorage?: StateStorage;
  /** How weights are held that are not quantised, and what is computed in. @default 'float32' */
  readonly dtype?: StateStorage | undefined;
}

export function estimatedPair({ ar, mlm, head }: TracedPair): EstimatedModel {
  const { vocabularySize } = head;
  const { capacity, lanes, storage: cacheStorage } = cacheOf(ar.program);
  return { ar, mlm, matrices: [head.ar, head.mlm], vocabularySize, capacity, lanes, cacheStorage };
}

/** A backbone alone, with its output embedding. @param capacity tokens of an AR model's KV cache */
export function estimatedSingle(
  { architecture, weights, program, expert }: ModelPart & { readonly expert: LogitMatrix },
  capacity: number,
): EstimatedModel {
  return {
    ...(architecture.kind === 'causal'
      ? { ar: { architecture, weights, program }, lanes: cacheOf(program).lanes }
      : { mlm: { architecture, weights, program } }),
    matrices: [expert],
    vocabularySize: architecture.sizes.vocabularySize,
    capacity,
  };
}

export function estimateMemory(model: EstimatedModel, quantize: Quantization): MemoryEstimate {
  const { ar, mlm, matrices, vocabularySize, capacity, lanes = 1, cacheStorage = 'float32' } = model;
  const { dtype = 'float32' } = model;
  const arSizes = ar ? matrixBytes(ar, quantize, dtype) : [];
  const mlmSizes = mlm ? matrixBytes(mlm, quantize, dtype) : [];
  const sizes = [
    ...arSizes,
    ...mlmSizes,
    ...matrices.map((matrix) => headBytes(matrix, vocabularySize, quantize, dtype)),
  ];
  const [arWeights, mlmWeights] = [sum(arSizes), sum(mlmSizes)];
  // Sessions for several numbers of sequences.
  const moreOfAr = slotSizes(arWeights, lanes).length - 1;
  const moreOfMlm = packedSlotSizes(mlmWeights).length - 1;
  const weights = sum(sizes) + moreOfAr * arWeights + moreOfMlm * mlmWeights;
  const kvCache = ar ? lanes * kvCacheBytes(ar.architecture, capacity, cacheStorage) : 0;
  const passes = ar && mlm ? passesSideBySide([ar, mlm], lanes) : 1;
  const buffers = sum([
    ar ? decoderBytes(ar.architecture, { capacity, lanes, passes }) : 0,
    mlm ? passes * encoderBytes(mlm.architecture, ar ? capacity : textTokens) : 0,
    matrices.length * logitBytes(lanes, vocabularySize),
  ]);
  const overhead = programBytes + Math.max(0, ...sizes.map((size) => size - buffers));
  return { weights, kvCache, buffers, overhead, total: weights + kvCache + buffers + overhead };
}

/** Of the model in several quantisations at once, loaded one after the other. */
export function estimateTogether(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
): MemoryEstimate {
  const each = quantizations.map((quantize) => estimateMemory(model, quantize));
  const weights = sum(each.map((one) => one.weights));
  const kvCache = sum(each.map((one) => one.kvCache));
  const buffers = sum(each.map((one) => one.buffers));
  const overhead = Math.max(...each.map((one) => one.overhead));
  return { weights, kvCache, buffers, overhead, total: weights + kvCache + buffers + overhead };
}

const floatBytes = Float32Array.BYTES_PER_ELEMENT;

/** Of each weight that a program computes with. Tables of embeddings stay in their files: only the rows that are read come into memory. */
function matrixBytes({ weights, program }: ModelPart, quantize: Quantization, dtype: StateStorage): number[] {
  const used = new Set<string>();
  for (const node of program.nodes)
    for (const tensor of node.inputs)
      if (isOp(tensor, weightOp) && !isOp(node, ops.embeddingOp)) used.add(tensor.attributes.name);
  const axes = quantize === 'none' ? undefined : summedAxes(program, quantize);
  return [...used].map((name) => {
    const { shape } = weights.get(name)!;
    return numberOfElements(shape) * bytesPerElement(shape, axes?.get(name), quantize, dtype);
  });
}

function headBytes(
  { source, weight, hiddenSize }: LogitMatrix,
  vocabularySize: number,
  quantize: Quantization,
  dtype: StateStorage,
): number {
  const rows = Math.min(source.get(weight)!.shape[0]!, vocabularySize);
  return rows * hiddenSize * bytesPerElement([rows, hiddenSize], 1, quantize, dtype);
}

function bytesPerElement(
  shape: readonly number[],
  axis: SummedAxis,
  quantize: Quantization,
  dtype: StateStorage,
): number {
  const isQuantized = quantize !== 'none' && canQuantize(shape, axis, quantize);
  return isQuantized ? packedBytesPerElement[quantize] : storageBytes[dtype];
}

function kvCacheBytes({ sizes }: CausalArchitecture, capacity: number, storage: StateStorage): number {
  const { layers, kvHeads, headSize } = sizes;
  return 2 * layers * kvHeads * paddedHeadSize(headSize) * cacheLength(capacity) * storageBytes[storage];
}

/** The residual stream, and inside of a block its widest part, about six times as wide, with its copies. */
function activationBytes({ sizes }: Architecture, tokens: number): number {
  return 16 * tokens * sizes.hiddenSize * floatBytes;
}

/** Passes over the tokens of all lanes, and the hidden states that each lane keeps of them. */
function decoderBytes(
  architecture: CausalArchitecture,
  { capacity, lanes, passes }: { readonly capacity: number; readonly lanes: number; readonly passes: number },
): number {
  const chunk = Math.min(defaultChunk, capacity);
  const pass = Math.min(lanes * chunk, tokensAtOnce);
  return (
    passes * activationBytes(architecture, pass) + lanes * chunk * architecture.sizes.hiddenSize * floatBytes
  );
}

/** Logits of one half: where they are made, what sequences keep of them, and two rows to work with. Those that wait for a lane keep the half of the MLM only, so that it is 1.5 rows for each on average. */
function logitBytes(lanes: number, vocabularySize: number): number {
  const rows = rowsAtOnce(lanes, vocabularySize);
  return (logitsAtOnce + 1.5 * lanes * rows + 2 * lanes) * vocabularySize * floatBytes;
}

/** With the attention scores of one layer, which are all held where attention is within a window. */
function encoderBytes(architecture: MaskedArchitecture, longest: number): number {
  const tokens = Math.min(textTokens, longest, architecture.sizes.maxLength);
  return activationBytes(architecture, tokens) + 2 * architecture.sizes.kvHeads * tokens ** 2 * floatBytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
