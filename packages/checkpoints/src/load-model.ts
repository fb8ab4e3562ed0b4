// Loads a MARIA model: the embedded one, a pair of folders (product of experts), or a MARIA checkpoint.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import {
  allOrNone,
  type Backend,
  createCausalModel,
  createExpert,
  createHead,
  createMaskedModel,
  type MariaModel,
  type StateStorage,
  translateIds,
  UsageError,
} from '@maria/core';
import { type BackendChoice, chooseBackend } from '@maria/kernels';
import type { PullProgress } from './hub/pull-progress.js';
import { refuseShortMemory } from './memory/refuse-short-memory.js';
import { openBackbones } from './pair/open-backbones.js';
import { openMaria } from './pair/open-maria.js';
import type { Pair, PairOptions } from './pair/pair.js';
import { resolveFolders } from './pair/resolve-folders.js';
import { waitsForCopy } from './quantize/acquire-copy.js';
import type { CopyProgress } from './quantize/make-copy.js';
import { namesInUse, quantizePair } from './quantize/quantize-weights.js';
import type { Quantization } from './quantize/scheme.js';
import { checkFinite, findNonFinite } from './weights/find-non-finite.js';
import type { StoredTensors } from './weights/stored-tensors.js';

export interface LoadModelOptions extends PairOptions {
  /** Folder of a MARIA checkpoint, or its id on the Hugging Face Hub, `org/name[@revision]`; so for `ar` and `mlm`. */
  model?: string;
  /** Folder of the autoregressive model; needs `mlm` too. Untrained pairs are fused as a product of experts. */
  ar?: string;
  /** Folder of the masked language model. */
  mlm?: string;
  /** What computes. @default 'auto', ONNX Runtime through its C API, else through its Node binding with a warning */
  backend?: BackendChoice;
  /** Most tokens of the AR model's KV cache, allocated once, and never more than the model was made for. @default 8192 */
  capacity?: number;
  /**
   * How the KV cache is held: float16 takes half the memory and rounds keys and values, and with them the logits (see docs/models.md).
   * @default 'float32', on every backend
   */
  kvCache?: StateStorage;
  /** Threads of one computation. @default the physical cores that this process may use */
  threads?: number;
  /**
   * Integers of 4 or 8 bits for the large matrices: less memory and faster steps, and other logits (see docs/models.md). Made once,
   * kept in maria's cache. @default 'none'
   */
  quantize?: Quantization;
  /** Other quantisations in which the same model is loaded next: memory has to be there for all of them at once. @default none */
  alongside?: readonly Quantization[];
  /** Hears how far the quantising of a model is that is not in the cache yet. */
  onQuantize?: (progress: CopyProgress) => void;
  /** Hears how far the download of a model is that is not in the cache yet. */
  onPull?: (progress: PullProgress) => void;
  /** Stops downloading and quantising. */
  signal?: AbortSignal;
}

/** Models with less than this are searched for NaN and Inf when they are loaded; larger ones when logits are not finite. */
const eagerCheckBytes = 64 * 2 ** 20;
const defaultMaxCapacity = 8192;

/**
 * Loads a model; without `model`, `ar` and `mlm` the one that ships with maria.
 * Weights stay in their files, mapped by the runtime. Call `dispose()` when done.
 * @throws UsageError for options that exclude each other
 * @throws DataError when files are missing or damaged, or the two models do not fit each other
 * @throws DeviceError when no backend works, when the machine has too little memory, or when the backend has no such KV cache
 */
export async function loadModel(options: LoadModelOptions = {}): Promise<MariaModel> {
  // The library starts on a thread of its own while the files are read.
  const starting = chooseBackend(options);
  // When the files are unfit, that is what the caller hears of.
  starting.catch(() => {});
  const folders = await resolveFolders(options, {
    ...(options.onPull && { onProgress: options.onPull }),
    ...(options.onNote && { onNote: options.onNote }),
    ...(options.signal && { signal: options.signal }),
  });
  const pair = openPair({ ...options, ...folders });
  const { quantize = 'none', alongside = [], onQuantize, signal } = options;
  const { ar, mlm, head } = pair;
  refuseShortMemory(
    {
      ar,
      mlm,
      matrices: [head.ar, head.mlm],
      vocabularySize: head.vocabularySize,
      capacity: capacityOf(pair, options),
      ...(options.kvCache && { cacheStorage: options.kvCache }),
    },
    [quantize, ...alongside],
  );
  // Quantising looks at every weight.
  if (quantize === 'none') await checkSmallSources(pair);
  const backend = await starting;
  if (quantize === 'none') return runPair(backend, pair, options);
  const quantized = await quantizePair(pair, quantize, {
    ...(onQuantize && { onProgress: onQuantize }),
    ...(signal && { signal }),
    onWait: (label) => options.onNote?.(waitsForCopy(label)),
  });
  try {
    const model = await runPair(backend, quantized.pair, options);
    const { dispose } = model;
    return {
      ...model,
      dispose: () => {
        dispose();
        quantized.release();
      },
    };
  } catch (error) {
    quantized.release();
    throw error;
  }
}

function openPair(options: LoadModelOptions): Pair {
  const { model, ar, mlm } = options;
  if (model !== undefined) {
    if (ar !== undefined || mlm !== undefined)
      throw new UsageError(
        'options-exclude',
        'Cannot load the model: a MARIA checkpoint names its own pair.',
        {
          try: 'Give either the checkpoint, or both models of a pair.',
          facts: { options: ['model', 'ar', 'mlm'] },
        },
      );
    return openMaria(model, options);
  }
  if ((ar === undefined) !== (mlm === undefined))
    throw new UsageError(
      'pair-incomplete',
      `Cannot load the pair: only the ${ar === undefined ? 'MLM' : 'AR model'} is given.`,
      {
        try: 'Give both the AR model and the MLM.',
      },
    );
  if (ar !== undefined && mlm !== undefined) return openBackbones(ar, mlm, options);
  return openMaria(embeddedFolder(), options);
}

/** Folder of the model that ships with maria: a MARIA checkpoint, its pair in `ar` and `mlm`. */
export function embeddedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@maria/tiny/package.json'));
}

/** Tokens of the KV cache. */
function capacityOf({ ar }: Pair, { capacity = defaultMaxCapacity }: LoadModelOptions): number {
  return Math.min(ar.architecture.sizes.maxLength, capacity);
}

async function runPair(backend: Backend, pair: Pair, options: LoadModelOptions): Promise<MariaModel> {
  const V = pair.head.vocabularySize;
  const capacity = capacityOf(pair, options);
  const [ar, mlm, head] = await allOrNone([
    createCausalModel(backend, pair.ar.architecture, pair.ar.weights, capacity, options.kvCache),
    createMaskedModel(backend, pair.mlm.architecture, pair.mlm.weights),
    createHead(backend, pair.head),
  ]);
  const experts = {
    ...(pair.ar.expert && { ar: createExpert(backend, V, { ...pair.ar.expert, scale: 1 }) }),
    ...(pair.mlm.expert && { mlm: createExpert(backend, V, { ...pair.mlm.expert, scale: 1 }) }),
  };
  const parts = [ar, mlm, head, ...Object.values(experts)];
  return {
    vocabularySize: V,
    ar: pair.translation ? translateIds(ar, pair.translation.arIds, pair.translation.tokens) : ar,
    mlm,
    head,
    experts,
    vocabulary: pair.vocabulary,
    alignment: pair.alignment,
    findNonFiniteTensor: () => findNonFiniteTensor(pair),
    interrupt: () => {
      for (const part of parts) part.interrupt();
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

function bytesOf({ entries }: StoredTensors): number {
  let total = 0;
  for (const { length } of entries.values()) total += length;
  return total;
}

/** @throws DataError when a weight that is read is NaN or infinite */
async function checkSmallSources(pair: Pair): Promise<void> {
  const small = [...pair.sources].filter(([, source]) => bytesOf(source) < eagerCheckBytes);
  if (small.length === 0) return;
  const names = namesInUse(pair);
  for (const [what, source] of small) await checkFinite(what, source, names.get(source));
}

async function findNonFiniteTensor(pair: Pair): Promise<string | undefined> {
  for (const [source, names] of namesInUse(pair)) {
    const found = await findNonFinite(source, names);
    if (found) return found.name;
  }
  return undefined;
}
