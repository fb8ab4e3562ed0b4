// Memory of a program's state, for example a KV cache: where the session computes, allocated once, zero at first.
import { numberOfElements } from '@maria/core';
import type { GraphState } from '../onnx/lowered-graph.js';
import { ElementType } from '../onnx/proto.js';
import type { Handle } from './api-table.js';
import { memoryNames, type OrtDevice } from './devices.js';
import { alignedArray, dimsOf, type StateArray, valueOver } from './memory.js';
import type { Resources } from './resources.js';
import { defaultMemory, deviceAllocator, type OrtRuntime } from './runtime.js';
import type { Session } from './session.js';

export interface State {
  readonly value: Handle<'Value'>;
  readonly bytes: number;
  /** What it holds, in place. Absent on other devices than the CPU. Runs change it. */
  readonly data?: StateArray;
}

/** A state that belongs to `resources`. @throws DeviceError (OrtError) when the device lacks the memory */
export function allocateState(
  runtime: OrtRuntime,
  session: Session,
  device: OrtDevice,
  { shape, dtype }: GraphState,
  resources: Resources,
): State {
  const { api } = runtime;
  const zeros = alignedArray(runtime, dtype, numberOfElements(shape));
  const zerosValue = valueOver(runtime, zeros, dtype, shape);
  if (device === 'cpu')
    return { value: resources.own(zerosValue, api.ReleaseValue), bytes: zeros.byteLength, data: zeros };
  try {
    const value = allocateOnDevice(runtime, session, device, { shape, dtype }, resources);
    api.CopyTensors(runtime.env, BigUint64Array.of(zerosValue), BigUint64Array.of(value), null, 1);
    return { value, bytes: zeros.byteLength };
  } finally {
    api.ReleaseValue(zerosValue);
  }
}

function allocateOnDevice(
  { api }: OrtRuntime,
  session: Session,
  device: keyof typeof memoryNames,
  { shape, dtype }: Pick<GraphState, 'shape' | 'dtype'>,
  resources: Resources,
): Handle<'Value'> {
  const info = resources.own(
    api.CreateMemoryInfo(memoryNames[device], deviceAllocator, 0, defaultMemory),
    api.ReleaseMemoryInfo,
  );
  const allocator = resources.own(api.CreateAllocator(session.handle, info), api.ReleaseAllocator);
  const value = api.CreateTensorAsOrtValue(allocator, dimsOf(shape), shape.length, ElementType[dtype]);
  return resources.own(value, api.ReleaseValue);
}
