// Memory of a program's state, for example a KV cache: where the session computes, allocated once for each lane, zero at first.
import { numberOfElements } from '@maria/core';
import type { Device } from '../device.js';
import { idleLength } from '../onnx/kernel-slots.js';
import type { GraphState } from '../onnx/lowered-graph.js';
import type { Handle } from './api-table.js';
import { copyTensor, deviceMemory } from './device-memory.js';
import { alignedArray, type StateArray, valueOver } from './memory.js';
import type { Resources } from './resources.js';
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
  copy(from: number, to: number, length: number): void;
}

/** The value is an address of `data`, which lives as long as this object. */
interface Memory {
  readonly value: Handle<'Value'>;
  readonly bytes: number;
  readonly data?: StateArray;
}

/** A state that belongs to `resources`. @throws DeviceError (OrtError) when the device lacks the memory */
export function allocateState(
  runtime: OrtRuntime,
  session: Session,
  device: Device,
  { shape, dtype, lanes }: GraphState,
  resources: Resources,
): State {
  const [batch, heads, capacity, size] = shape as [number, number, number, number];
  const allocate = (of: readonly number[]) =>
    allocateMemory(runtime, session, device, { shape: of, dtype }, resources);
  const memory = Array.from({ length: lanes }, () => allocate(shape));
  const values = memory.map(({ value }) => value);
  const common = {
    values,
    idle: allocate([batch, heads, idleLength, size]),
    bytes: memory.reduce((total, { bytes }) => total + bytes, 0),
  };
  const data = memory.flatMap((lane) => lane.data ?? []);
  if (data.length < lanes)
    return { ...common, copy: (from, to) => copyTensor(runtime, values[from]!, values[to]!) };
  return {
    ...common,
    data,
    copy: (from, to, length) => {
      for (let head = 0; head < heads; head++) {
        const start = head * capacity * size;
        data[to]!.set(data[from]!.subarray(start, start + length * size), start);
      }
    },
  };
}

function allocateMemory(
  runtime: OrtRuntime,
  session: Session,
  device: Device,
  { shape, dtype }: Pick<GraphState, 'shape' | 'dtype'>,
  resources: Resources,
): Memory {
  const { api } = runtime;
  const zeros = alignedArray(runtime, dtype, numberOfElements(shape));
  const zerosValue = valueOver(runtime, zeros, dtype, shape);
  if (device.kind === 'cpu')
    return { value: resources.own(zerosValue, api.ReleaseValue), bytes: zeros.byteLength, data: zeros };
  try {
    const value = deviceMemory(runtime, session, device, resources).allocate(shape, dtype);
    copyTensor(runtime, zerosValue, value);
    return { value, bytes: zeros.byteLength };
  } finally {
    api.ReleaseValue(zerosValue);
  }
}
