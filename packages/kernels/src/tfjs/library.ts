// Loads TensorFlow.js with its CUDA backend, and says what is missing where it cannot compute on a GPU.
import { DeviceError } from '@maria/core';
import type * as tfjs from '@tensorflow/tfjs-core';
import { type CudaCard, cudaCards } from '../graphics-cards.js';

export type Tfjs = typeof tfjs;
export type TfTensor = tfjs.Tensor;

const packageName: string = '@tensorflow/tfjs-node-gpu';
const version = '4.22.0';

/** Settings of the native library, which it reads when it is loaded. What the user has set stays. */
const environment = {
  // Without it, matrix products of newer GPUs keep 10 bits of each factor (TF32): float32 results to 1e-3 only.
  NVIDIA_TF32_OVERRIDE: '0',
  // Code that is compiled for a card newer than CUDA 11.2 is 2 GiB and more: the usual cache of 1 GiB would not keep it.
  CUDA_CACHE_MAXSIZE: '4294967296',
  // Warnings, and no log of what the processor can do.
  TF_CPP_MIN_LOG_LEVEL: '1',
};

/** The newest cards that code for CUDA 11.2 runs on as it was compiled: those of a later generation compile it anew. */
const lastGeneration = 8;

/** The card that the process's library computes on. */
let loadedFor: number | undefined;

export interface LoadOptions {
  /** Gives the package; its namespace has the library as `default`. */
  readonly importLibrary?: () => Promise<{ default: Tfjs }>;
  /** Those of the machine. */
  readonly findCards?: () => Promise<readonly CudaCard[] | undefined>;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * TensorFlow.js, ready to compute on the GPU of that number. Loaded once a process.
 * @throws DeviceError when the package is not installed, does not load, or finds no such GPU
 */
export async function loadTfjs(
  index = 0,
  { importLibrary = () => import(packageName), findCards = cudaCards, onWarning }: LoadOptions = {},
): Promise<Tfjs> {
  if (loadedFor !== undefined && loadedFor !== index)
    throw new DeviceError(
      'tfjs-twice',
      `Cannot use the device "cuda:${index}" with the backend tfjs: this process already computes on cuda:${loadedFor}.`,
    );
  for (const [name, value] of Object.entries(environment)) process.env[name] ??= value;
  // TensorFlow takes the first card that it sees.
  if (index > 0) process.env.CUDA_VISIBLE_DEVICES = cardOf(index, process.env.CUDA_VISIBLE_DEVICES);
  const tf = await importOrExplain(importLibrary);
  loadedFor = index;
  const backend = tf.backend();
  if (!('isUsingGpuDevice' in backend) || backend.isUsingGpuDevice !== true)
    throw new DeviceError(
      'tfjs-no-gpu',
      'Cannot use the backend tfjs: TensorFlow finds no GPU that it can use with CUDA.',
      { try: 'Install the libraries of CUDA 11.2 and cuDNN 8.1, or use the backend ort.' },
    );
  if (onWarning) {
    // It is the first that is visible now.
    const [card] = (await findCards().catch(() => undefined)) ?? [];
    if (card && card.generation > lastGeneration)
      onWarning(
        `TensorFlow.js was made for CUDA 11.2, which is older than ${card.name}: the driver compiles it anew in the first run, which may take half an hour. The result is kept (CUDA_CACHE_MAXSIZE=${process.env.CUDA_CACHE_MAXSIZE}).`,
      );
  }
  return tf;
}

/** What CUDA_VISIBLE_DEVICES has to be for one of those that it lists. */
function cardOf(index: number, visible: string | undefined): string {
  return visible ? (visible.split(',')[index] ?? '-1') : String(index);
}

async function importOrExplain(importLibrary: () => Promise<{ default: Tfjs }>): Promise<Tfjs> {
  try {
    const { default: tf } = await importLibrary();
    await tf.ready();
    // The package loads on versions of Node on which every computation fails (tensorflow/tfjs#8425).
    tf.tidy(() => tf.add(1, 1).dataSync());
    return tf;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split('\n')[0]!.trim() : String(cause);
    if (isMissing(cause))
      throw new DeviceError('tfjs-missing', `Cannot use the backend tfjs: ${packageName} is not installed.`, {
        try: `npm install ${packageName}@${version}`,
        cause,
      });
    throw new DeviceError('tfjs-unusable', `Cannot load ${packageName}: ${detail}`, {
      try: `Build it with Node 20 or 22: npm rebuild ${packageName} --build-addon-from-source`,
      cause,
    });
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${packageName}'`)
  );
}
