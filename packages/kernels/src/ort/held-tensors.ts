// Variables in the memory of a device: copied there once, replaced by what runs make of them, and brought back when they are read.
import { formatShape, type HeldVariables, type ShapedMemory, UsageError } from '@maria/core';
import { type Device, deviceName, theCpu } from '../device.js';
import type { Handle } from './api-table.js';
import { createDeviceCopy, type DeviceCopy } from './device-copy.js';
import { type DeviceMemory, deviceMemory } from './device-memory.js';
import { holdFailure } from './failures.js';
import { valueOver } from './memory.js';
import { OrtError } from './ort-error.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import type { SessionOptions } from './session.js';
import { inTurn } from './turns.js';

/** A piece of a device's memory. Addresses are used again for others: what is bound is told apart by the object. */
export interface DeviceTensor {
  readonly value: Handle<'Value'>;
}

/** A variable that is held. */
export class HeldTensor {
  readonly shape: readonly number[];
  readonly memory: HeldMemory;
  readonly #copy: DeviceCopy['copy'];
  #current: DeviceTensor;
  /** Whether runs may have updated it since it was read. */
  isAhead = false;

  constructor(shape: readonly number[], memory: HeldMemory, copy: DeviceCopy['copy']) {
    this.shape = shape;
    this.memory = memory;
    this.#copy = copy;
    this.#current = memory.take(shape);
  }

  get current(): DeviceTensor {
    return this.#current;
  }

  /** Memory for its next value. */
  take(): DeviceTensor {
    return this.memory.take(this.shape);
  }

  /** What was taken is not needed. */
  giveBack(tensor: DeviceTensor): void {
    this.memory.give(this.shape, tensor);
  }

  async copyUp(runtime: OrtRuntime, array: Float32Array): Promise<void> {
    const from = valueOver(runtime, array, 'float32', this.shape);
    try {
      await this.#copy(from, this.#current.value);
    } finally {
      runtime.api.ReleaseValue(from);
    }
  }

  /** Where runs may have updated it since it was read. */
  async copyDown(runtime: OrtRuntime, array: Float32Array): Promise<void> {
    if (!this.isAhead) return;
    const to = valueOver(runtime, array, 'float32', this.shape);
    try {
      await this.#copy(this.#current.value, to);
    } finally {
      runtime.api.ReleaseValue(to);
    }
    this.isAhead = false;
  }

  /** What was taken has its next value. */
  become(tensor: DeviceTensor): void {
    this.giveBack(this.#current);
    this.#current = tensor;
  }
}

/**
 * What variables that are held together are in, and memory for new values: as much as the largest run takes. It lives until it is disposed
 * of and nothing is bound to it: the library frees a tensor where its last reference goes, and looks for what gave it then.
 */
export class HeldMemory {
  readonly #memory: DeviceMemory;
  readonly #resources: Resources;
  readonly #free = new Map<string, DeviceTensor[]>();
  #users = 1;

  constructor(memory: DeviceMemory, resources: Resources) {
    this.#memory = memory;
    this.#resources = resources;
  }

  take(shape: readonly number[]): DeviceTensor {
    return this.#free.get(`${shape}`)?.pop() ?? { value: this.#memory.allocate(shape, 'float32') };
  }

  give(shape: readonly number[], tensor: DeviceTensor): void {
    const free = this.#free.get(`${shape}`);
    if (free) free.push(tensor);
    else this.#free.set(`${shape}`, [tensor]);
  }

  /** For one more that binds to it. */
  retain(): void {
    this.#users++;
  }

  /** In a turn of the device. */
  release(): void {
    if (--this.#users === 0) this.#resources.dispose();
  }
}

/** The memory that a binding has references to. */
export class BoundMemory {
  readonly #memory = new Set<HeldMemory>();

  keep(memory: HeldMemory): void {
    if (this.#memory.has(memory)) return;
    memory.retain();
    this.#memory.add(memory);
  }

  /** After the binding was released. */
  dispose(): void {
    for (const memory of this.#memory) memory.release();
    this.#memory.clear();
  }
}

/** Those of a backend, by the caller's arrays. */
export class HeldTensors {
  readonly #tensors = new WeakMap<Float32Array, HeldTensor>();

  get(array: Float32Array): HeldTensor | undefined {
    return this.#tensors.get(array);
  }

  /** @throws UsageError for none, and for one that is held already; DeviceError when the device has no room for them */
  hold(
    runtime: OrtRuntime,
    options: SessionOptions,
    variables: readonly ShapedMemory[],
  ): Promise<HeldVariables> {
    const { device = theCpu } = options;
    return inTurn(device, async () => {
      this.#requireNew(variables, device);
      const resources = new Resources('the variables');
      let memory: HeldMemory;
      try {
        const copies = new Map<number, DeviceCopy>();
        for (const rank of new Set(variables.map(({ shape }) => shape.length)))
          copies.set(rank, await createDeviceCopy(runtime, { dtype: 'float32', rank }, options, resources));
        const [{ session }] = [...copies.values()] as [DeviceCopy];
        memory = new HeldMemory(deviceMemory(runtime, session, device, resources), resources);
        for (const { shape, data } of variables) {
          const tensor = new HeldTensor(shape, memory, copies.get(shape.length)!.copy);
          await tensor.copyUp(runtime, data);
          this.#tensors.set(data, tensor);
        }
      } catch (error) {
        this.#forget(variables);
        resources.dispose();
        throw error instanceof OrtError ? holdFailure(error, bytesOf(variables), device) : error;
      }
      let isDisposed = false;
      return {
        read: (arrays = variables.map(({ data }) => data)) => this.#read(runtime, device, arrays),
        dispose: () => {
          // Another may hold the same arrays by now.
          if (isDisposed) return;
          isDisposed = true;
          this.#forget(variables);
          void inTurn(device, () => memory.release());
        },
      };
    });
  }

  #requireNew(variables: readonly ShapedMemory[], device: Device): void {
    const name = deviceName(device);
    if (variables.length === 0)
      throw new UsageError('no-variables', `Cannot hold variables on ${name}: none are given.`);
    const known = variables.find(({ data }) => this.#tensors.has(data));
    if (known)
      throw new UsageError(
        'variable-held',
        `Cannot hold ${counted(variables)} on ${name}: one of shape ${formatShape(known.shape)} is held already.`,
        { try: 'Dispose of what holds it, for example of the trainer of the same parameters.' },
      );
  }

  #forget(variables: readonly ShapedMemory[]): void {
    for (const { data } of variables) this.#tensors.delete(data);
  }

  #read(runtime: OrtRuntime, device: Device, arrays: readonly Float32Array[]): Promise<void> {
    return inTurn(device, async () => {
      for (const array of arrays) {
        const tensor = this.#tensors.get(array);
        if (!tensor)
          throw new UsageError(
            'variable-not-held',
            `Cannot read ${counted(arrays)} from ${deviceName(device)}: one of ${array.length} numbers is not held.`,
          );
        await tensor.copyDown(runtime, array);
      }
    });
  }
}

const counted = ({ length }: ArrayLike<unknown>) => (length === 1 ? '1 variable' : `${length} variables`);

const bytesOf = (variables: readonly ShapedMemory[]) =>
  variables.reduce((total, { data }) => total + data.byteLength, 0);
