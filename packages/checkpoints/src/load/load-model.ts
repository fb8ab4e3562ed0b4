// Loads a MARIA model: the embedded one, a pair of folders (product of experts), or a MARIA checkpoint.
import { type Backend, type MariaModel, ownTurn, type StateStorage } from '@maria/core';
import { type BackendChoice, chooseBackend, type DeviceChoice, type DeviceDType } from '@maria/kernels';
import { unreadOfPair, unreadWarnings } from '../inspect/unread.js';
import type { AvailableMemory } from '../memory/available.js';
import {
  type EstimatedModel,
  estimatedPair,
  estimateMemory,
  type MemoryEstimate,
} from '../memory/estimate.js';
import { traceFitting } from '../memory/lanes-that-fit.js';
import { refuseShortMemory } from '../memory/refuse-short-memory.js';
import { type OpenPairOptions, openPair } from '../pair/open-pair.js';
import type { NamedModels } from '../pair/resolve-folders.js';
import { type TracedPair, tracePair } from '../pair/trace-pair.js';
import type { CopyProgress } from '../quantize/make-copy.js';
import type { Quantization } from '../quantize/scheme.js';
import { checkLoadOptions } from './check-options.js';
import { checkSmallSources } from './finite-weights.js';
import { runPair } from './run-pair.js';
import { runQuantized, warnOfOtherBackbones } from './run-quantized.js';
import { sharedThreads } from './shared-threads.js';
import { startBackend } from './start-backend.js';

export interface LoadModelOptions extends NamedModels, Omit<OpenPairOptions, 'cannot'> {
  /** What computes. @default 'auto', ONNX Runtime through its C API, else through its Node binding with a warning */
  backend?: BackendChoice;
  /**
   * Where it computes, and where weights and KV caches are: `cuda`, `cuda:1`, `webgpu`. Nothing stands in for a device that cannot be
   * used. @default 'auto', the CPU where the backend has it
   */
  device?: DeviceChoice;
  /**
   * What a device other than the CPU computes in, and holds weights and KV caches in: float16, and bfloat16 on CUDA, take half the memory
   * and give other logits. @default 'float32'
   */
  dtype?: DeviceDType;
  /** Most bytes of a CUDA GPU that each part of the model takes. @default all */
  gpuMemory?: number;
  /** Whether products on a CUDA GPU may round their factors to TF32: faster, with logits to 1e-3 only. @default false */
  tf32?: boolean;
  /** Most tokens of each KV cache of the AR model, allocated once, and never more than the model was made for. @default 8192 */
  capacity?: number;
  /**
   * Sequences that the AR model reads side by side, each with a KV cache of its own; with `atMost`, as many of those as memory has
   * room for, and of these as many are used at once as raise the rows a second, by what passes cost while they run. @default 1
   */
  lanes?: number | { readonly atMost: number };
  /**
   * How the KV cache is held: float16, and bfloat16 on CUDA, take half the memory and round keys and values, and with them the logits (see docs/models.md).
   * @default as `dtype`
   */
  kvCache?: StateStorage;
  /** Threads of one computation. @default the physical cores that this process may use */
  threads?: number;
  /**
   * Integers of 4 or 8 bits for the large matrices: less memory and faster steps, and other logits (see docs/models.md). Made once,
   * kept in maria's cache. @default 'none'
   */
  quantize?: Quantization;
  /**
   * What `rowsAreExact` of the model is to be, for tests of what follows from it. @default as the machine's kernels are found to be
   */
  rowsAreExact?: boolean;
  /** Other quantisations in which the same model is loaded next: memory has to be there for all of them at once. @default none */
  alongside?: readonly Quantization[];
  /** Hears how far the quantising of a model is that is not in the cache yet. */
  onQuantize?: (progress: CopyProgress) => void;
  /** Hears what the model will take, before any of it is loaded. */
  onEstimate?: (estimate: MemoryEstimate) => void;
  /** Stops downloading and quantising. */
  signal?: AbortSignal;
}

const defaultMaxCapacity = 8192;

/**
 * Loads a model; without `model`, `ar` and `mlm` the one that ships with maria.
 * Weights stay in their files, mapped by the runtime. Call `dispose()` when done.
 * @throws UsageError for options of a wrong type or value, or that exclude each other, or a device that the backend does not have
 * @throws DataError when files are missing or damaged, or the two models do not fit each other
 * @throws DeviceError when no backend works, when the device cannot be used, when the machine has too little memory, or when the backend has no such KV cache
 */
export async function loadModel(options: LoadModelOptions = {}): Promise<MariaModel> {
  checkLoadOptions(options);
  // The library starts on a thread of its own while the files are read.
  const { starting, device, on, available } = await startBackend(options);
  const { capacity = defaultMaxCapacity, lanes = 1, kvCache: storage = options.dtype ?? 'float32' } = options;
  const opened = await openPair(options, options);
  await ownTurn();
  const pair =
    typeof lanes === 'number'
      ? tracePair(opened, { capacity, lanes, storage })
      : traceFitting(
          opened,
          { capacity, lanes: lanes.atMost, storage },
          quantizationsOf(options),
          available,
          on,
        );
  await ownTurn();
  for (const warning of unreadWarnings(unreadOfPair(pair))) options.onWarning?.(warning);
  warnOfOtherBackbones(pair, options);
  const { threads, passesAtOnce } = sharedThreads(pair, options, device);
  return loadPair(passesAtOnce > 1 ? chooseBackend({ ...options, threads }) : starting, pair, {
    ...options,
    threads,
    passesAtOnce,
    available,
    on,
    lanesByCost: typeof lanes !== 'number',
  });
}

/** In which the model has to fit into memory at once. */
function quantizationsOf({ quantize = 'none', alongside = [] }: LoadModelOptions): readonly Quantization[] {
  return [quantize, ...alongside];
}

/** Loads a pair that is open. @throws DataError, DeviceError as `loadModel` does */
export async function loadPair(
  starting: Promise<Backend>,
  pair: TracedPair,
  options: Pick<
    LoadModelOptions,
    'quantize' | 'alongside' | 'onQuantize' | 'onEstimate' | 'onNote' | 'signal' | 'threads' | 'rowsAreExact'
  > &
    Partial<Pick<MariaModel, 'passesAtOnce' | 'lanesByCost'>> & {
      readonly available?: AvailableMemory | undefined;
      readonly on?: Pick<EstimatedModel, 'dtype' | 'device'>;
    },
): Promise<MariaModel> {
  await ownTurn();
  const estimated = { ...estimatedPair(pair), ...options.on };
  refuseShortMemory(estimated, quantizationsOf(options), options.available);
  options.onEstimate?.(estimateMemory(estimated, options.quantize ?? 'none'));
  // Quantising looks at every weight that it reads, and reads nothing of a model of which nothing can be quantised.
  await checkSmallSources(pair);
  const backend = await starting;
  const running = { ...options, int4: options.quantize === 'int4' };
  return runQuantized(backend, pair, options, (backend, pair) => runPair(backend, pair, running));
}
