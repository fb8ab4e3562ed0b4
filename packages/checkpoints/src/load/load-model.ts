// Loads a MARIA model: the embedded one, a pair of folders (product of experts), or a MARIA checkpoint.
import type { Backend, MariaModel, StateStorage } from '@maria/core';
import { type BackendChoice, chooseBackend, int8Limit } from '@maria/kernels';
import { unreadOfPair, unreadWarnings } from '../inspect/unread.js';
import { estimatedPair } from '../memory/estimate.js';
import { refuseShortMemory } from '../memory/refuse-short-memory.js';
import { type OpenPairOptions, openPair } from '../pair/open-pair.js';
import type { NamedModels } from '../pair/resolve-folders.js';
import { type TracedPair, tracePair } from '../pair/trace-pair.js';
import { waitsForCopy } from '../quantize/acquire-copy.js';
import type { CopyProgress } from '../quantize/make-copy.js';
import { quantizePair } from '../quantize/quantize-weights.js';
import type { Quantization } from '../quantize/scheme.js';
import { checkLoadOptions } from './check-options.js';
import { checkSmallSources } from './finite-weights.js';
import { runPair } from './run-pair.js';

export interface LoadModelOptions extends NamedModels, Omit<OpenPairOptions, 'cannot'> {
  /** What computes. @default 'auto', ONNX Runtime through its C API, else through its Node binding with a warning */
  backend?: BackendChoice;
  /** Most tokens of each KV cache of the AR model, allocated once, and never more than the model was made for. @default 8192 */
  capacity?: number;
  /** Sequences that the AR model reads side by side, each with a KV cache of its own. @default 1 */
  lanes?: number;
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
  /** Stops downloading and quantising. */
  signal?: AbortSignal;
}

const defaultMaxCapacity = 8192;

/**
 * Loads a model; without `model`, `ar` and `mlm` the one that ships with maria.
 * Weights stay in their files, mapped by the runtime. Call `dispose()` when done.
 * @throws UsageError for options of a wrong type or value, or that exclude each other
 * @throws DataError when files are missing or damaged, or the two models do not fit each other
 * @throws DeviceError when no backend works, when the machine has too little memory, or when the backend has no such KV cache
 */
export async function loadModel(options: LoadModelOptions = {}): Promise<MariaModel> {
  checkLoadOptions(options);
  // The library starts on a thread of its own while the files are read.
  const starting = chooseBackend(options);
  // When the files are unfit, that is what the caller hears of.
  starting.catch(() => {});
  const { capacity = defaultMaxCapacity, lanes = 1, kvCache: storage = 'float32' } = options;
  const pair = tracePair(await openPair(options, options), { capacity, lanes, storage });
  for (const warning of unreadWarnings(unreadOfPair(pair))) options.onWarning?.(warning);
  return loadPair(starting, pair, options);
}

/** Loads a pair that is open. @throws DataError, DeviceError as `loadModel` does */
export async function loadPair(
  starting: Promise<Backend>,
  pair: TracedPair,
  options: Pick<LoadModelOptions, 'quantize' | 'alongside' | 'onQuantize' | 'onNote' | 'signal'>,
): Promise<MariaModel> {
  const { quantize = 'none', alongside = [], onQuantize, onNote, signal } = options;
  refuseShortMemory(estimatedPair(pair), [quantize, ...alongside]);
  // Quantising looks at every weight that it reads, and reads nothing of a model of which nothing can be quantised.
  await checkSmallSources(pair);
  const backend = await starting;
  if (quantize === 'none') return runPair(backend, pair);
  const quantized = await quantizePair(pair, quantize, {
    ...(onQuantize && { onProgress: onQuantize }),
    ...(signal && { signal }),
    ...(onNote && { onNote }),
    ...(quantize === 'int8' && { int8Limit: await int8Limit(backend) }),
    onWait: (label) => onNote?.(waitsForCopy(label)),
  });
  try {
    const model = await runPair(backend, quantized.pair);
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
