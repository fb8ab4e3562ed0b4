// CUDA as a provider of an ONNX Runtime session: its options, and what mends it where it cannot be used.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DeviceError } from '@maria/core';
import { type Device, deviceName } from '../device.js';
import { cudaCards } from '../graphics-cards.js';
import type { Handle } from './api-table.js';
import { cudaInstallCommand, namedLibrary } from './library.js';
import type { OrtRuntime } from './runtime.js';

export interface CudaSettings {
  /** Most bytes of the device that a session takes. @default all */
  gpuMemory?: number | undefined;
  /** Whether products may round their factors to TF32: faster, with results to 1e-3 only. @default false */
  tf32?: boolean | undefined;
}

/** What the library loads for CUDA, from its own folder. */
const providerFile: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll',
};

/** Names and values of the provider's options. Convolutions, which models here have none of, keep the library's own choice. */
export function cudaOptions(
  { index }: Device,
  { gpuMemory, tf32 = false }: CudaSettings,
): Readonly<Record<string, string>> {
  return {
    device_id: String(index),
    // Growing by powers of two would take up to twice of what a large model needs.
    arena_extend_strategy: 'kSameAsRequested',
    use_tf32: tf32 ? '1' : '0',
    ...(gpuMemory !== undefined && { gpu_mem_limit: String(gpuMemory) }),
  };
}

/** Of compute capability 8: cards from before compute in bfloat16 slowly where they do, and lack kernels of attention. */
const firstWithBfloat16 = 8;

/** @throws DeviceError where the driver tells of a card that does not compute in bfloat16 */
export async function requireBfloat16(device: Device, cards = cudaCards()): Promise<void> {
  const card = (await cards)?.[device.index];
  if (card === undefined || card.generation >= firstWithBfloat16) return;
  throw new DeviceError(
    'dtype-unfit',
    `Cannot compute in bfloat16 on "${deviceName(device)}": ${card.name} has float32 and float16 only.`,
    { try: 'Compute in float16.', facts: { device: deviceName(device), dtypes: ['float32', 'float16'] } },
  );
}

/** @throws DeviceError when its library is not installed; OrtError when it cannot be loaded */
export function appendCuda(
  runtime: OrtRuntime,
  options: Handle<'SessionOptions'>,
  device: Device,
  settings: CudaSettings,
): void {
  const { api } = runtime;
  requireProvider(runtime, device);
  const cuda = api.CreateCUDAProviderOptions();
  try {
    const entries = cudaOptions(device, settings);
    const [keys, values] = [Object.keys(entries), Object.values(entries)].map((each) =>
      textArray(runtime, each),
    ) as [BigUint64Array, BigUint64Array];
    api.UpdateCUDAProviderOptions(cuda, keys, values, keys.length);
    api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
  } finally {
    api.ReleaseCUDAProviderOptions(cuda);
  }
}

/** The library itself only says that it cannot load something. */
function requireProvider({ library }: OrtRuntime, device: Device): void {
  const name = providerFile[process.platform];
  const folder = path.dirname(library.path);
  if (name !== undefined && existsSync(path.join(folder, name))) return;
  const fact =
    name === undefined
      ? `ONNX Runtime has no CUDA for ${process.platform}`
      : `the part of ONNX Runtime for CUDA is not installed, ${name} in ${folder}`;
  throw new DeviceError('device-unusable', `Cannot use the device "${deviceName(device)}": ${fact}.`, {
    try: name === undefined ? 'Compute on the CPU.' : installCommand(),
    facts: { device: deviceName(device) },
  });
}

function installCommand(): string {
  return namedLibrary() === undefined
    ? cudaInstallCommand()
    : 'Set MARIA_ORT_LIBRARY to a library that has the one for CUDA beside it.';
}

/** Folders that the system looks into. */
const whereLibrariesAre = 'in a folder of LD_LIBRARY_PATH (on Windows, of PATH)';

/** What mends it, from the library's own words. */
export function cudaRemedy(detail: string): string {
  if (
    /driver version is insufficient|no CUDA-capable device|CUDA_ERROR_NO_DEVICE|nvcuda|libcuda\.so/i.test(
      detail,
    )
  )
    return 'Install the newest driver of the graphics card: it has to know CUDA 12.';
  if (/invalid device ordinal|device_id/i.test(detail)) return 'Use a device that the machine has: cuda:0.';
  if (/\b(?:lib)?(?:cudnn|cublas|cudart|cufft|curand|nvrtc)/i.test(detail)) {
    // Those of NVIDIA have the version of CUDA in their names.
    const [, version = '12'] = /\blib(?:cublas|cublasLt|cudart)\.so\.(\d+)/.exec(detail) ?? [];
    return `Install the libraries of CUDA ${version} and cuDNN 9, ${whereLibrariesAre}.`;
  }
  return installCommand();
}

/** Bytes of the names and values that were given so far: the library reads them by address. There are few. */
const texts = new Map<string, Uint8Array>();

/** An array of C strings. */
function textArray({ addressOf }: OrtRuntime, given: readonly string[]): BigUint64Array {
  return BigUint64Array.from(given, (text) => {
    const bytes = texts.get(text) ?? new TextEncoder().encode(`${text}\0`);
    texts.set(text, bytes);
    return addressOf(bytes);
  });
}
