// The backend `ort`: programs on ONNX Runtime through its C API, with the KV cache in place and runs off the main thread.
import type { Backend, ShapedMemory, StateStorage } from '@maria/core';
import { type Device, type DeviceDType, type DeviceKind, deviceName, theCpu } from '../device.js';
import { refuseStorages } from '../run/refuse-storages.js';
import { physicalCores } from '../threads.js';
import { type CudaSettings, requireBfloat16 } from './cuda.js';
import { requireDevice } from './devices.js';
import { HeldTensors } from './held-tensors.js';
import { knownKernels } from './known-kernels.js';
import { loweredProgram } from './lowered-program.js';
import { createOrtExecutable } from './ort-executable.js';
import { loadRuntime } from './runtime.js';
import type { SessionOptions } from './session.js';

export interface OrtBackendOptions extends CudaSettings {
  /** Threads that one op may use. @default the physical cores that this process may run on */
  threads?: number | undefined;
  /** @default 'all' */
  graphOptimization?: NonNullable<SessionOptions['graphOptimization']>;
  /** @default the CPU */
  device?: Device | undefined;
  /** What another device than the CPU computes in, and holds weights in. @default 'float32' */
  dtype?: DeviceDType | undefined;
  /** An ONNX Runtime library to load. @default the one in onnxruntime-node */
  libraryPath?: string | undefined;
}

/** What attention over caches is computed in there. */
const dtypesOfCaches: Readonly<Record<DeviceKind, readonly StateStorage[]>> = {
  cpu: ['float32', 'float16'],
  cuda: ['float32', 'float16', 'bfloat16'],
  webgpu: ['float32', 'float16'],
};

/** @throws DeviceError when the library cannot be loaded, or the device cannot be used */
export async function openOrt(options: OrtBackendOptions): Promise<Backend> {
  const runtime = await loadRuntime(options.libraryPath);
  const { device = theCpu, dtype } = options;
  if (device.kind === 'cuda' && dtype === 'bfloat16') await requireBfloat16(device);
  requireDevice(runtime, device, options);
  return ortBackend(options);
}

/** Nothing native is loaded before the first `compile`. @throws DeviceError from there when the library cannot be loaded */
export function ortBackend({
  libraryPath,
  threads = physicalCores(),
  device = theCpu,
  ...session
}: OrtBackendOptions = {}): Backend {
  const held = new HeldTensors();
  const inFloat32 = { ...session, dtype: 'float32' as const };
  return {
    name: 'ort',
    device: deviceName(device),
    async compile(program, weights, variables) {
      const name = deviceName(device);
      refuseStorages(program, dtypesOfCaches[device.kind], `the device "${name}"`, { device: name });
      const runtime = await loadRuntime(libraryPath);
      // Small steps would be lost in halves.
      const options = { threads, device, ...(program.variables.size > 0 ? inFloat32 : session) };
      const kernels = await knownKernels(runtime, program, weights, options);
      return createOrtExecutable(
        runtime,
        loweredProgram(program, weights, kernels),
        options,
        variables,
        held,
      );
    },
    ...(device.kind !== 'cpu' && {
      hold: async (variables: readonly ShapedMemory[]) =>
        held.hold(await loadRuntime(libraryPath), { threads, device, ...inFloat32 }, variables),
    }),
  };
}
