// How much memory a model will take, told before any of it is loaded.
import {
  type Architecture,
  blockSize,
  type CausalArchitecture,
  cacheOf,
  defaultChunk,
  fewestPacked,
  isOp,
  logitsAtOnce,
  longestPacked,
  type MaskedArchitecture,
  type ModelPart,
  numberOfElements,
  ops,
  rowsAtOnce,
  type StateStorage,
  sequencesFor,
  storageBytes,
  tokensAtOnce,
  weightOp,
} from '@maria/core';
import { cacheLength, packedSlotSizes, paddedHeadSize, slotSizes } from '@maria/kernels';
import type { LogitMatrix } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { packedBytesPerElement, storedBytesPerElement } from '../quantize/bytes-per-element.js';
import { canQuantize, type SummedAxis, summedAxes } from '../quantize/plan.js';
import type { Quantization } from '../quantize/scheme.js';
import { passesSideBySide } from './side-by-side.js';

export interface MemoryEstimate {
  /** Matrices in the form that the kernels read them in. */
  readonly weights: number;
  /** Of all lanes at their full capacity. */
  readonly kvCache: number;
  /** Activations of passes, and what the texts that are open at once keep of them, with texts of `textTokens` tokens. */
  readonly buffers: number;
  /** The program itself, and where the KV cache and the buffers are smaller the largest matrix, while it is brought into form: they are empty then. */
  readonly overhead: number;
  /** What full lanes read of the tables of embeddings, and the scales of int4, which stay in their files: the system may take it back, and reads it again. */
  readonly mapped: number;
  /** What is resident at most. */
  readonly total: number;
}

/** Memory grows with the text; this long a one is taken for granted. */
export const textTokens = 1024;

/** Tokens of the KV cache where memory is told of a model that nobody has loaded yet, if the model reads so many. */
export const usualContext = 2048;

/** Node, the library and its sessions, without any weights. */
const programBytes = 150 * 2 ** 20;

/** Beside a packed matrix of int4, which holds them too, its scales stay mapped: so much of it. */
const mappedScales = Float32Array.BYTES_PER_ELEMENT / blockSize / packedBytesPerElement.int4;

/** Where a row of a table is read, the system maps what is around it in the file too. */
const mappedAround = 64 * 2 ** 10;

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
  const passes = ar && mlm ? passesSideBySide([ar, mlm], lanes) : 1;
  // Of those for several numbers of sequences, the ones that passes need: half of the lanes share one where two run at once.
  const mostSequences = Math.ceil(lanes / passes);
  const arSessions = slotSizes(arWeights, lanes).findIndex((size) => size >= mostSequences) + 1;
  const open = ar ? sequencesFor(lanes) : Number.POSITIVE_INFINITY;
  const mlmSessions = open < fewestPacked ? 1 : packedSlotSizes(mlmWeights).length;
  const weights = sum(sizes) + (arSessions - 1) * arWeights + (mlmSessions - 1) * mlmWeights;
  const kvCache = ar ? lanes * kvCacheBytes(ar.architecture, capacity, cacheStorage) : 0;
  const longest = ar ? Math.min(textTokens, capacity) : textTokens;
  const buffers = sum([
    ar ? decoderBytes(ar.architecture, { capacity, lanes, passes }) : 0,
    mlm ? passes * encoderBytes(mlm.architecture, longest) : 0,
    ar && mlm ? openBytes(mlm.architecture, open, longest) : 0,
    matrices.length * logitBytes(lanes, vocabularySize),
  ]);
  const overhead = programBytes + Math.max(0, ...sizes.map((size) => size - buffers - kvCache));
  const tokens = lanes * longest;
  const mapped = sum([
    ar ? arSessions * tableBytes(ar, tokens, quantize) : 0,
    mlm ? mlmSessions * tableBytes(mlm, tokens, quantize) : 0,
    quantize === 'int4' ? Math.round(weights * mappedScales) : 0,
  ]);
  return totalled({ weights, kvCache, buffers, overhead, mapped });
}

function totalled(parts: Omit<MemoryEstimate, 'total'>): MemoryEstimate {
  return { ...parts, total: sum(Object.values(parts)) };
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
  const mapped = sum(each.map((one) => one.mapped));
  return totalled({ weights, kvCache, buffers, overhead, mapped });
}

const floatBytes = Float32Array.BYTES_PER_ELEMENT;

/** Of each weight that a program computes with. Tables of embeddings are not among them. */
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

/** Of the tables of a program: the rows of so many tokens, drawn evenly, with what is mapped around them. */
function tableBytes({ weights, program }: ModelPart, tokens: number, quantize: Quantization): number {
  const tables = program.nodes.flatMap((node) =>
    isOp(node, ops.embeddingOp) ? node.inputs.filter((table) => isOp(table, weightOp)) : [],
  );
  const inInt4 = quantize === 'int4' ? summedAxes(program, quantize) : undefined;
  const sizes = new Map(
    tables.map(({ attributes: { name } }) => {
      const stored = weights.get(name)!;
      const { shape } = stored;
      const toInt4 = inInt4 !== undefined && canQuantize(shape, inInt4.get(name), 'int4');
      const dtype = toInt4 ? 'int4' : stored.dtype;
      const bytesOfElement =
        dtype === 'int4' || dtype === 'int8' ? storedBytesPerElement[dtype] : storageBytes[dtype];
      const table = numberOfElements(shape) * bytesOfElement;
      const around = tokens * (table / shape[0]! + mappedAround);
      return [name, Math.round(table * (1 - Math.exp(-around / table)))];
    }),
  );
  return sum([...sizes.values()]);
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

/** Logits of one half: where they are made, what sequences keep of them, and two rows to work with. Those that wait for a lane have none yet. */
function logitBytes(lanes: number, vocabularySize: number): number {
  const rows = rowsAtOnce(lanes, vocabularySize);
  return (logitsAtOnce + lanes * rows + 2 * lanes) * vocabularySize * floatBytes;
}

/** The MLM's hidden states that open sequences keep, those that wait for a lane too: of gaps, here half of the tokens. */
function openBytes({ sizes }: MaskedArchitecture, open: number, tokens: number): number {
  return open * (tokens / 2) * sizes.hiddenSize * floatBytes;
}

/** With the attention scores of one layer, which are held where attention is within a window: of a token as many as of the longest sequence that is not cut into blocks. */
function encoderBytes(architecture: MaskedArchitecture, longest: number): number {
  const tokens = Math.min(longest, architecture.sizes.maxLength);
  const scores = architecture.sizes.kvHeads * tokens * Math.min(tokens, longestPacked);
  return activationBytes(architecture, tokens) + 2 * scores * floatBytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
