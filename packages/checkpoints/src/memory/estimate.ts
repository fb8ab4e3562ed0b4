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
import {
  cacheLength,
  type Device,
  mayAttendInSteps,
  packedSlotSizes,
  paddedHeadSize,
  slotSizes,
} from '@maria/kernels';
import type { LogitMatrix } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { packedBytesPerElement, storedBytesPerElement } from '../quantize/bytes-per-element.js';
import { canQuantize, type SummedAxis, summedAxes } from '../quantize/plan.js';
import type { Quantization } from '../quantize/scheme.js';
import { passesSideBySide } from './side-by-side.js';

export interface MemoryEstimate {
  /** Matrices in the form that the kernels read them in, and on a device the tables of embeddings. */
  readonly weights: number;
  /** Of all lanes at their full capacity. */
  readonly kvCache: number;
  /** Activations of passes, and what the texts that are open at once keep of them, with texts of `textTokens` tokens. */
  readonly buffers: number;
  /** The program itself, and where the KV cache and the buffers are smaller the largest matrix, while it is brought into form: they are empty then. */
  readonly overhead: number;
  /** On the CPU, what full lanes read of the tables of embeddings, and the scales of int4, which stay in their files: the system may take it back, and reads it again. */
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
  /** Where it computes, and where all but the program is. @default the CPU */
  readonly device?: Exclude<Device['kind'], 'cpu'> | undefined;
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
  const { dtype = 'float32', device } = model;
  const arSizes = ar ? matrixBytes(ar, quantize, dtype) : [];
  const mlmSizes = mlm ? matrixBytes(mlm, quantize, dtype) : [];
  const logitSizes = matrices.map((matrix) => headBytes(matrix, vocabularySize, quantize, dtype));
  // From a device come shortlists, and whole rows for what they do not serve: programs of their own, each with the matrices.
  const isListed = device !== undefined && ar !== undefined && mlm !== undefined;
  const sizes = [...arSizes, ...mlmSizes, ...logitSizes, ...(isListed ? logitSizes : [])];
  const [arWeights, mlmWeights] = [sum(arSizes), sum(mlmSizes)];
  const passes = ar && mlm ? passesSideBySide([ar, mlm], lanes) : 1;
  // Of those for several numbers of sequences, the ones that passes need: half of the lanes share one where two run at once.
  const mostSequences = Math.ceil(lanes / passes);
  const arSessions = slotSizes(arWeights, lanes).findIndex((size) => size >= mostSequences) + 1;
  const open = ar ? sequencesFor(lanes) : Number.POSITIVE_INFINITY;
  const mlmSessions = open < fewestPacked ? 1 : packedSlotSizes(mlmWeights).length;
  const tables = (part: ModelPart | undefined) =>
    device && part ? sum(tablesOf(part, quantize, dtype).map(({ inMemory }) => inMemory)) : 0;
  const weights = sum([
    ...sizes,
    (arSessions - 1) * arWeights + arSessions * tables(ar),
    (mlmSessions - 1) * mlmWeights + mlmSessions * tables(mlm),
  ]);
  const kvCache = ar ? lanes * kvCacheBytes(ar.architecture, capacity, cacheStorage) : 0;
  const longest = ar ? Math.min(textTokens, capacity) : textTokens;
  const buffers = sum([
    ar ? decoderBytes(ar.architecture, { capacity, lanes, passes }) : 0,
    ar && device ? stepBytes(ar, { capacity, lanes }, device) : 0,
    mlm ? passes * encoderBytes(mlm.architecture, longest, device !== undefined) : 0,
    ar && mlm ? openBytes(mlm.architecture, open, longest) : 0,
    matrices.length * logitBytes(lanes, vocabularySize),
  ]);
  const overhead = programBytes + Math.max(0, ...sizes.map((size) => size - buffers - kvCache));
  const tokens = lanes * longest;
  const mapped = device
    ? 0
    : sum([
        ar ? arSessions * readBytes(ar, tokens, quantize) : 0,
        mlm ? mlmSessions * readBytes(mlm, tokens, quantize) : 0,
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
function readBytes(part: ModelPart, tokens: number, quantize: Quantization): number {
  const ofTables = tablesOf(part, quantize, 'float32').map(({ rows, stored }) => {
    const around = tokens * (stored / rows + mappedAround);
    return Math.round(stored * (1 - Math.exp(-around / stored)));
  });
  return sum(ofTables);
}

/** The tables of embeddings of a program: bytes in their file, and in the memory of a device. */
function tablesOf({ weights, program }: ModelPart, quantize: Quantization, dtype: StateStorage) {
  const tables = program.nodes.flatMap((node) =>
    isOp(node, ops.embeddingOp) ? node.inputs.filter((table) => isOp(table, weightOp)) : [],
  );
  const inInt4 = quantize === 'int4' ? summedAxes(program, quantize) : undefined;
  const sizes = new Map(
    tables.map(({ attributes: { name } }) => {
      const { shape, dtype: storedAs } = weights.get(name)!;
      const toInt4 = inInt4 !== undefined && canQuantize(shape, inInt4.get(name), 'int4');
      const asFile = toInt4 ? 'int4' : storedAs;
      const isQuantized = asFile === 'int4' || asFile === 'int8';
      const bytesOfElement = isQuantized ? storedBytesPerElement[asFile] : storageBytes[asFile];
      const elements = numberOfElements(shape);
      const stored = elements * bytesOfElement;
      return [
        name,
        { rows: shape[0]!, stored, inMemory: isQuantized ? stored : elements * storageBytes[dtype] },
      ];
    }),
  );
  return [...sizes.values()];
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

/** Memory that grows on a device with what is longest so far is there in parts that double: as much again. */
const grown = 2;

/**
 * Where a device attends step by step: scores of the rows that a sequence reads before and after their softmax, copies of its keys and of its values in
 * two forms, and what tells which keys all rows of a pass see. Sequences and layers take turns.
 */
function stepBytes(
  { program }: ModelPart,
  { capacity, lanes }: { readonly capacity: number; readonly lanes: number },
  device: NonNullable<EstimatedModel['device']>,
): number {
  const chunk = Math.min(defaultChunk, capacity);
  const pass = Math.min(lanes * chunk, tokensAtOnce);
  const ofKeys = program.nodes.map((node) => {
    if (!isOp(node, ops.laneAttentionOp) || !mayAttendInSteps(device, node.attributes)) return 0;
    const { heads, kvHeads } = node.attributes;
    const headSize = Number(node.inputs[3]!.shape[3]);
    return 2 * heads * chunk + 4 * kvHeads * paddedHeadSize(headSize) + pass;
  });
  return grown * cacheLength(capacity) * Math.max(0, ...ofKeys) * floatBytes;
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

/**
 * With the attention scores of one layer, which are held where attention is within a window: of a token as many as of the longest sequence that is not cut
 * into blocks. A device cuts none.
 */
function encoderBytes(architecture: MaskedArchitecture, longest: number, isOnDevice: boolean): number {
  const tokens = Math.min(longest, architecture.sizes.maxLength);
  const seen = isOnDevice ? tokens : Math.min(tokens, longestPacked);
  const scores = architecture.sizes.kvHeads * tokens * seen;
  return activationBytes(architecture, tokens) + 2 * scores * floatBytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
