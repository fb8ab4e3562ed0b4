// Loads a denoiser: memory and weights are checked, or quantised, and it is compiled.
import { join } from 'node:path';
import { type Backend, ownTurn } from '@maria/core';
import { type BackendChoice, type DeviceChoice, type DeviceDType, int8Limit } from '@maria/kernels';
import { checkIfSmall } from '../load/finite-weights.js';
import { startBackend } from '../load/start-backend.js';
import type { EstimatedModel } from '../memory/estimate.js';
import { refuseShortMemory } from '../memory/refuse-short-memory.js';
import { embeddedFolder } from '../pair/embedded-folder.js';
import { type ResolveOptions, resolveFolder } from '../pair/resolve-folders.js';
import { waitsForCopy } from '../quantize/acquire-copy.js';
import type { CopyProgress } from '../quantize/make-copy.js';
import { quantizeWeights } from '../quantize/quantize-weights.js';
import type { Quantization } from '../quantize/scheme.js';
import { type OpenDenoiserOptions, type OpenedDenoiser, openDenoiser } from './open-denoiser.js';
import { type DenoiserModel, readNames, runDenoiser } from './run-denoiser.js';

export interface LoadDenoiserOptions extends OpenDenoiserOptions, Omit<ResolveOptions, 'cannot'> {
  /** Folder of the denoiser, or its id on the Hugging Face Hub, `org/name[@revision]`. An MLM is one too. @default the embedded MLM */
  denoiser?: string;
  /** Folder, or id, of the tokenizer. @default the denoiser's */
  tokenizer?: string;
  /** What computes. @default 'auto' */
  backend?: BackendChoice;
  /** As `loadModel` has them. @default 'auto', float32, all of its memory, and no TF32 */
  device?: DeviceChoice;
  dtype?: DeviceDType;
  gpuMemory?: number;
  tf32?: boolean;
  /** Threads of one computation. @default the physical cores that this process may use */
  threads?: number;
  /** Texts that share a pass, where the machine gives each of them the same bits then. @default 8 */
  lanes?: number;
  /** As `loadModel` has it. @default 'none' */
  quantize?: Quantization;
  onQuantize?: (progress: CopyProgress) => void;
}

/**
 * Weights stay in their files, mapped by the runtime. Call `dispose()` when done.
 * @throws DataError when files are missing or damaged, or are of another kind of model
 * @throws DeviceError when no backend works, the device cannot be used, or the machine has too little memory
 */
export async function loadDenoiser(options: LoadDenoiserOptions = {}): Promise<DenoiserModel> {
  // The library starts on a thread of its own while the files are read.
  const { starting, on, available } = await startBackend(options);
  const opened = await openNamedDenoiser(options);
  await ownTurn();
  refuseShortMemory({ ...estimatedDenoiser(opened), ...on }, [options.quantize ?? 'none'], available);
  const { expert, checkpoint } = opened;
  const names = [...readNames(opened), expert.weight, expert.bias ?? []].flat();
  await checkIfSmall(
    'the denoiser',
    checkpoint.weights,
    names.filter((name) => checkpoint.weights.get(name)),
  );
  return runAs(await starting, opened, options);
}

/** The files of what `loadDenoiser` would load; what is not here yet is pulled from the Hub. @throws DataError as that does */
export async function openNamedDenoiser(options: LoadDenoiserOptions = {}): Promise<OpenedDenoiser> {
  const tokenizer =
    options.tokenizer === undefined
      ? undefined
      : await resolveFolder(options.tokenizer, options, { tokenizerOnly: true });
  const folder =
    options.denoiser === undefined
      ? join(embeddedFolder(), 'mlm')
      : await resolveFolder(options.denoiser, options);
  return openDenoiser(folder, { ...options, ...(tokenizer !== undefined && { tokenizer }) });
}

/** What its memory is estimated from. */
export function estimatedDenoiser({ expert, ...part }: OpenedDenoiser): EstimatedModel {
  const { vocabularySize, maxLength } = part.architecture.sizes;
  return { mlm: part, matrices: [expert], vocabularySize, capacity: maxLength };
}

/** With its large matrices as they are stored, or from quantised copies that stay while it runs. */
async function runAs(
  backend: Backend,
  opened: OpenedDenoiser,
  { quantize = 'none', lanes, threads, onQuantize, onNote, signal }: LoadDenoiserOptions,
): Promise<DenoiserModel> {
  if (quantize === 'none') return runDenoiser(backend, opened, { lanes, threads });
  const { checkpoint, expert } = opened;
  const uses = {
    sources: new Map([['the denoiser', checkpoint.weights]]),
    parts: [opened],
    matrices: [expert],
  };
  const { weights, matrix, release } = await quantizeWeights(uses, quantize, {
    ...(onQuantize && { onProgress: onQuantize }),
    ...(signal && { signal }),
    ...(onNote && { onNote }),
    ...(quantize === 'int8' && { int8Limit: await int8Limit(backend) }),
    onWait: (label) => onNote?.(waitsForCopy(label)),
  });
  try {
    const model = await runDenoiser(
      backend,
      { ...opened, weights: weights(opened.weights), expert: matrix(expert) },
      { lanes, threads, int4: quantize === 'int4' },
    );
    return {
      ...model,
      dispose: () => {
        model.dispose();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
