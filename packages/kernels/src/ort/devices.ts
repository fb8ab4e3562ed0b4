// The devices of the backend `ort`, as execution providers of an ONNX Runtime session.
import { DeviceError } from '@maria/core';
import { type Device, type DeviceKind, deviceName } from '../device.js';
import type { Handle } from './api-table.js';
import { appendCuda, type CudaSettings, cudaRemedy } from './cuda.js';
import { OrtError } from './ort-error.js';
import type { OrtRuntime } from './runtime.js';

const providerNames: Readonly<Record<DeviceKind, string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
};

/** What ONNX Runtime calls the memory of a device. */
export const memoryNames: Record<Exclude<DeviceKind, 'cpu'>, string> = { cuda: 'Cuda', webgpu: 'WebGPU_Buf' };

/** The devices that the library was built for. Whether the machine has one shows when a session is made. */
export function builtInDevices({ api, pointerAt, textAt }: OrtRuntime): DeviceKind[] {
  const list = new BigUint64Array(1);
  const count = new Int32Array(1);
  api.GetAvailableProviders(list, count);
  const names = Array.from({ length: count[0]! }, (_, index) => textAt(pointerAt(list[0]!, index)));
  api.ReleaseAvailableProviders(list[0]!, count[0]!);
  return (Object.keys(providerNames) as DeviceKind[]).filter((device) =>
    names.includes(providerNames[device]),
  );
}

/**
 * Puts a device before the CPU in a session's list of providers.
 * @throws DeviceError when the library, its drivers or the machine have no such device
 */
export function appendDevice(
  runtime: OrtRuntime,
  options: Handle<'SessionOptions'>,
  device: Device,
  settings: CudaSettings,
): void {
  try {
    if (device.kind === 'cuda') appendCuda(runtime, options, device, settings);
    if (device.kind === 'webgpu') appendWebGpu(runtime, options, device);
  } catch (error) {
    throw error instanceof OrtError ? unusable(device, error) : error;
  }
}

/** @throws DeviceError when no session can be made on the device: its library, its driver or the device itself is missing */
export function requireDevice(runtime: OrtRuntime, device: Device, settings: CudaSettings): void {
  if (device.kind === 'cpu') return;
  const { api } = runtime;
  const options = api.CreateSessionOptions();
  try {
    appendDevice(runtime, options, device, settings);
  } finally {
    api.ReleaseSessionOptions(options);
  }
}

function unusable(device: Device, error: OrtError): DeviceError {
  const { detail } = error;
  const remedy = device.kind === 'cuda' ? cudaRemedy(detail) : webGpuRemedy;
  return refused(device, withoutPlace(detail), remedy, error);
}

function refused(device: Device, fact: string, remedy: string, cause?: OrtError): DeviceError {
  const name = deviceName(device);
  return new DeviceError('device-unusable', `Cannot use the device "${name}": ${fact}`, {
    try: remedy,
    facts: { device: name },
    cause,
  });
}

/** The library of WebGPU says it on standard error, past all that maria writes there. */
function canLoad({ koffi }: OrtRuntime['library'], name: string): boolean {
  try {
    koffi.load(name);
    return true;
  } catch {
    return false;
  }
}

const webGpuRemedy =
  process.platform === 'linux'
    ? 'Install the Vulkan driver of the graphics card (of Debian and Ubuntu: sudo apt install mesa-vulkan-drivers; those of NVIDIA bring their own).'
    : 'Install the newest driver of the graphics card.';

/** The library's words without the place in its sources that they come from. */
function withoutPlace(detail: string): string {
  return detail.replace(/^\S+\.(?:cc|h):\d+ .*? (?:was false\. |CUDA failure)/, (place) =>
    place.endsWith('CUDA failure') ? 'CUDA failure' : '',
  );
}

function appendWebGpu({ api, library }: OrtRuntime, options: Handle<'SessionOptions'>, device: Device): void {
  if (device.index > 0)
    throw refused(
      device,
      "ONNX Runtime itself takes one of the machine's graphics cards for WebGPU.",
      'Use webgpu.',
    );
  if (process.platform === 'linux' && !canLoad(library, 'libvulkan.so.1'))
    throw refused(device, 'this machine has no Vulkan, libvulkan.so.1.', webGpuRemedy);
  // No options: the lists of keys and values are empty, but an address must be given.
  const nothing = new BigUint64Array(1);
  api.SessionOptionsAppendExecutionProvider(options, 'WebGPU', nothing, nothing, 0);
}
