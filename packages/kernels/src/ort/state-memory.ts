// Memory of a program's state, for example a KV cache: where the session computes, allocated once for each lane, zero at first.
import { numberOfElements } from '@maria/core';
import type { Device } from '../device.js';
import { idleLength } from '../onnx/kernel-slots.js';
import type { GraphState } from '../onnx/lowered-graph.js';
import type { Handle } from './api-table.js';
import type { DeviceCopy } from './device-copy.js';
import { deviceMemory } from './device-memory.js';
import { alignedArray, type StateArray, valueOver } from './memory.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import type { Session } from './session.js';

export interface State {
  /** Of each lane. */
  readonly values: readonly Handle<'Value'>[];
  /** A few tokens that slots without a sequence write to. */
  readonly idle: Memory;
  /** Of all lanes. */
  readonly bytes: number;
  /** What each lane holds, in place. Absent on other devices than the CPU. Runs change it. */
  readonly data?: readonly StateArray[];
  copy(from: number, to: number, length: number): void | Promise<void>;
}

/** A device other than the CPU, of a session that has an allocator for it. */
export interface StateDevice {
  readonly device: Device;
  readonly session: Session;
  readonly copy: DeviceCopy['copy'];
}

/** The value is an address of `data`, which lives as long as this object. */
interface Memory {
  readonly value: Handle<'Value'>;
  readonly bytes: number;
  readonly data?: StateArray;
}

/** A state that belongs to `resources`. @param on without it the CPU @throws DeviceError (OrtError) when the device lacks the memory */
export async function allocateState(
  runtime: OrtRuntime,
  { shape, dtype, lanes }: GraphState,
  on: StateDevice | undefined,
  resources: Resources,
): Promise<State> {
  const [batch, heads, capacity, size] = shape as [number, number, number, number];
  const idleShape = [batch, heads, idleLength, size];
  if (on) {
    const ofLanes = await allocateOnDevice(runtime, on, { shape, dtype }, lanes, resources);
    const [idle] = await allocateOnDevice(runtime, on, { shape: idleShape, dtype }, 1, resources);
    const values = ofLanes.map(({ value }) => value);
    return {
      values,
      idle: idle!,
      bytes: ofLanes.reduce((total, { bytes }) => total + bytes, 0),
      copy: (from, to) => on.copy(values[from]!, values[to]!),
    };
  }
  const memory = Array.from({ length: lanes }, () => allocate(runtime, { shape, dtype }, resources));
  const data = memory.map((lane) => lane.data!);
  return {
    values: memory.map(({ value }) => value),
    idle: allocate(runtime, { shape: idleShape, dtype }, resources),
    bytes: memory.reduce((total, { bytes }) => total + bytes, 0),
    data,
    copy: (from, to, length) => {
      for (let head = 0; head < heads; head++) {
        const start = head * capacity * size;
        data[to]!.set(data[from]!.subarray(start, start + length * size), start);
      }
    },
  };
}

/** Zeros in the memory of the process. */
function allocate(
  runtime: OrtRuntime,
  { shape, dtype }: Pick<GraphState, 'shape' | 'dtype'>,
  resources: Resources,
): Memory {
  const data = alignedArray(runtime, dtype, numberOfElements(shape));
  const value = valueOver(runtime, data, dtype, shape);
  return { value: resources.own(value, runtime.api.ReleaseValue), bytes: data.byteLength, data };
}

/** Some tensors of zeros in the memory of a device. */
async function allocateOnDevice(
  runtime: OrtRuntime,
  { device, session, copy }: StateDevice,
  { shape, dtype }: Pick<GraphState, 'shape' | 'dtype'>,
  count: number,
  resources: Resources,
): Promise<Memory[]> {
  const onDevice = deviceMemory(runtime, session, device, resources);
  const zeros = new Resources('zeros');
  const { value: zero, bytes } = allocate(runtime, { shape, dtype }, zeros);
  try {
    const memory: Memory[] = [];
    for (let i = 0; i < count; i++) {
      const value = onDevice.allocate(shape, dtype);
      await copy(zero, value);
      memory.push({ value, bytes });
    }
    return memory;
  } finally {
    zeros.dispose();
  }
}
