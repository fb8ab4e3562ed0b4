// Tensors in the memory of a session's device.
import type { StateStorage } from '@maria/core';
import type { Device } from '../device.js';
import { ElementType } from '../onnx/proto.js';
import type { Handle } from './api-table.js';
import { memoryNames } from './devices.js';
import { dimsOf } from './memory.js';
import type { Resources } from './resources.js';
import { defaultMemory, deviceAllocator, type OrtRuntime } from './runtime.js';
import type { Session } from './session.js';

export interface DeviceMemory {
  /** A tensor of what was there before. It belongs to the resources that the memory was opened with. @throws OrtError when there is no room */
  allocate(shape: readonly number[], dtype: StateStorage): Handle<'Value'>;
}

/** Not of the CPU. */
export function deviceMemory(
  { api }: OrtRuntime,
  session: Session,
  { kind, index }: Device,
  resources: Resources,
): DeviceMemory {
  const name = memoryNames[kind as keyof typeof memoryNames];
  const info = resources.own(
    api.CreateMemoryInfo(name, deviceAllocator, index, defaultMemory),
    api.ReleaseMemoryInfo,
  );
  const allocator = resources.own(api.CreateAllocator(session.handle, info), api.ReleaseAllocator);
  return {
    allocate: (shape, dtype) =>
      resources.own(
        api.CreateTensorAsOrtValue(allocator, dimsOf(shape), shape.length, ElementType[dtype]),
        api.ReleaseValue,
      ),
  };
}
