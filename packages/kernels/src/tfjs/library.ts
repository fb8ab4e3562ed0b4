// Loads TensorFlow.js with its CUDA backend, and says what is missing where it cannot compute on a GPU.
import { DeviceError } from '@maria/core';
import type * as tfjs from '@tensorflow/tfjs-core';

export type Tfjs = typeof tfjs;
export type TfTensor = tfjs.Tensor;

const packageName: string = '@tensorflow/tfjs-node-gpu';
const version = '4.22.0';

/** Settings of the native library, which it reads when it is loaded. What the user has set stays. */
const environment = {
  // Without it, matrix products of newer GPUs keep 10 bits of each factor (TF32): float32 results to 1e-3 only.
  NVIDIA_TF32_OVERRIDE: '0',
  // Warnings, and no log of what the processor can do.
  TF_CPP_MIN_LOG_LEVEL: '1',
};

/**
 * TensorFlow.js, ready to compute on a GPU. Loaded once a process.
 * @param importLibrary gives the package; its namespace has the library as `default`
 * @throws DeviceError when the package is not installed, does not load, or finds no GPU
 */
export async function loadTfjs(
  importLibrary: () => Promise<{ default: Tfjs }> = () => import(packageName),
): Promise<Tfjs> {
  for (const [name, value] of Object.entries(environment)) process.env[name] ??= value;
  const tf = await importOrExplain(importLibrary);
  const backend = tf.backend();
  if (!('isUsingGpuDevice' in backend) || backend.isUsingGpuDevice !== true)
    throw new DeviceError(
      'tfjs-no-gpu',
      'Cannot use the backend tfjs: TensorFlow finds no GPU that it can use with CUDA.',
      { try: 'Install the libraries of CUDA 11.2 and cuDNN 8.1, or use the backend ort.' },
    );
  return tf;
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
