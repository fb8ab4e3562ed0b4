// The devices of the backend `ort`, as execution providers of an ONNX Runtime session.
import { DeviceError } from '@maria/core';
import type { Handle } from './api-table.js';
import { cudaInstallCommand } from './library.js';
import { OrtError } from './ort-error.js';
import type { OrtRuntime } from './runtime.js';

const providerNames = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
} as const;
export type OrtDevice = keyof typeof providerNames;

/** What ONNX Runtime calls the memory of a device. */
export const memoryNames: Record<Exclude<OrtDevice, 'cpu'>, string> = { cuda: 'Cuda', webgpu: 'WebGPU_Buf' };

/** The devices that the library was built for. Whether the machine has one shows when a session is made. */
export function builtInDevices({ api, pointerAt, textAt }: OrtRuntime): OrtDevice[] {
  const list = new BigUint64Array(1);
  const count = new Int32Array(1);
  api.GetAvailableProviders(list, count);
  const names = Array.from({ length: count[0]! }, (_, index) => textAt(pointerAt(list[0]!, index)));
  api.ReleaseAvailableProviders(list[0]!, count[0]!);
  return (Object.keys(providerNames) as OrtDevice[]).filter((device) =>
    names.includes(providerNames[device]),
  );
}

/**
 * Puts a device before the CPU in a session's list of providers. Ops that the device lacks run on the CPU.
 * @throws DeviceError when the library, its drivers or the machine have no such device
 */
export function appendDevice(
  runtime: OrtRuntime,
  options: Handle<'SessionOptions'>,
  device: OrtDevice,
): void {
  const append = { cpu: () => {}, cuda: appendCuda, webgpu: appendWebGpu }[device];
  try {
    append(runtime, options);
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    throw new DeviceError('device-unusable', `Cannot use the device "${device}": ${error.detail}`, {
      try: device === 'cuda' ? cudaInstallCommand() : hints[device],
      cause: error,
    });
  }
}

const hints: Record<Exclude<OrtDevice, 'cuda'>, string> = {
  cpu: 'npm install',
  webgpu: 'Install the Vulkan driver of the graphics card, or compute on the CPU.',
};

function appendCuda({ api }: OrtRuntime, options: Handle<'SessionOptions'>): void {
  const cuda = api.CreateCUDAProviderOptions();
  try {
    api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
  } finally {
    api.ReleaseCUDAProviderOptions(cuda);
  }
}

function appendWebGpu({ api }: OrtRuntime, options: Handle<'SessionOptions'>): void {
  // No options: the lists of keys and values are empty, but an address must be given.
  const nothing = new BigUint64Array(1);
  api.SessionOptionsAppendExecutionProvider(options, 'WebGPU', nothing, nothing, 0);
}
