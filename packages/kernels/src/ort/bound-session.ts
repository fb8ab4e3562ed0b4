// One session of a program with its buffers: what a run reads and writes is bound once, and again only where it is another.
import { type DimBindings, type Inputs, type Outputs, resolveShape, type VariableMemory } from '@maria/core';
import type { Device } from '../device.js';
import { kernelSlotInputs } from '../onnx/kernel-slots.js';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import type { Slot } from '../run/check-inputs.js';
import { type Binding, createBinding } from './binding.js';
import { BoundMemory, type HeldTensors } from './held-tensors.js';
import { TensorBuffer } from './memory.js';
import { allocatePinned } from './pinned-memory.js';
import type { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import type { Session } from './session.js';
import type { State } from './state-memory.js';
import { BoundVariables } from './variables.js';

/** What a session is bound by: the serialised model may be large, and is not needed again. */
export type BoundGraph = Omit<LoweredGraph, 'model' | 'externalDataFolder'>;

export class BoundSession {
  readonly variables: BoundVariables;
  readonly binding: Binding;
  readonly #graph: Pick<LoweredGraph, 'outputs' | 'states'>;
  readonly #states: ReadonlyMap<string, State>;
  readonly #inputs: ReadonlyMap<string, TensorBuffer>;
  readonly #outputs: ReadonlyMap<string, TensorBuffer>;
  /** A device gets a copy of an input when it is bound; the CPU reads the memory itself. */
  readonly #bindsCopies: boolean;
  /** The lane that each slot is bound to, undefined where that is the memory for idle ones. */
  readonly #lanes: (number | undefined)[];

  /** @param held the variables that a device holds, undefined on the CPU */
  constructor(
    runtime: OrtRuntime,
    session: Session,
    { inputs, slotInputs, slots, outputs, states: graphStates, variables }: BoundGraph,
    states: ReadonlyMap<string, State>,
    device: Device,
    held: HeldTensors | undefined,
    resources: Resources,
  ) {
    const memory = resources.own(new BoundMemory(), (bound) => bound.dispose());
    this.binding = createBinding(runtime, session);
    resources.own(this.binding, ({ dispose }) => dispose());
    const allocate = device.kind === 'cuda' ? allocatePinned(runtime, session, device) : undefined;
    const buffer = ({ name, dtype }: LoweredGraph['inputs'][number]) =>
      [
        name,
        resources.own(new TensorBuffer(runtime, dtype, allocate), (tensor) => tensor.dispose()),
      ] as const;
    this.#graph = { outputs, states: graphStates };
    this.#states = states;
    this.#inputs = new Map([...inputs, ...slotInputs].map(buffer));
    this.#outputs = new Map(outputs.map(buffer));
    // A device gets a copy of an input when it is bound; the CPU reads the memory itself.
    this.#bindsCopies = held !== undefined;
    this.variables = new BoundVariables(runtime, variables, this.binding, held && { tensors: held, memory });
    resources.own(this.variables, (bound) => bound.dispose());
    this.#lanes = new Array<undefined>(slots).fill(undefined);
    // A program has as many lanes as slots, or more: each has one at first, so that a program of one lane never binds again.
    for (const slot of this.#lanes.keys()) this.#bindSlot(slot, slot);
  }

  /** Binds what a run reads and writes. @param slots its sequences */
  place(inputs: Inputs, variables: VariableMemory, bindings: DimBindings, slots: readonly Slot[]): Outputs {
    this.variables.bind(variables);
    const ofSlots =
      this.#lanes.length > 0 ? kernelSlotInputs(this.#placeSlots(slots), this.#states.size > 0) : undefined;
    try {
      for (const [name, buffer] of this.#inputs) {
        const { shape, data } = ofSlots?.get(name) ?? inputs[name]!;
        const isNew = buffer.reshape(shape);
        buffer.data.set(data);
        if (isNew || this.#bindsCopies) this.binding.bindInput(name, buffer.value);
      }
      return Object.fromEntries(
        this.#graph.outputs.map(({ name, dtype, shape: declared }) => {
          const buffer = this.#outputs.get(name)!;
          const shape = resolveShape(declared, bindings);
          if (buffer.reshape(shape)) this.binding.bindOutput(name, buffer.value);
          return [name, { dtype, shape, data: buffer.data }];
        }),
      );
    } catch (error) {
      // Out of memory half way: what is bound is no longer what the buffers hold. The next run binds all of it again.
      for (const buffer of [...this.#inputs.values(), ...this.#outputs.values()]) buffer.dispose();
      throw error;
    }
  }

  /** How many of these sequences it would not have to bind anew. */
  known(slots: readonly Slot[]): number {
    return slots.filter(({ lane }) => this.#lanes.includes(lane)).length;
  }

  /** Gives each sequence a slot, that of its lane where it has one. Returns what each slot reads. */
  #placeSlots(slots: readonly Slot[]): (Slot | undefined)[] {
    const byLane = new Map(slots.map((slot) => [slot.lane, slot]));
    const placed = this.#lanes.map((lane) => {
      const slot = lane === undefined ? undefined : byLane.get(lane);
      if (slot) byLane.delete(slot.lane);
      return slot;
    });
    const waiting = [...byLane.values()];
    placed.forEach((slot, i) => {
      if (slot) return;
      placed[i] = waiting.shift();
      this.#bindSlot(i, placed[i]?.lane);
    });
    return placed;
  }

  /** Read as past and written as present: attention appends to it in place, nothing is copied. */
  #bindSlot(slot: number, lane: number | undefined): void {
    if (this.#lanes[slot] === lane) return;
    for (const { name, slots } of this.#graph.states) {
      const { values, idle } = this.#states.get(name)!;
      const value = lane === undefined ? idle.value : values[lane]!;
      this.binding.bindInput(slots[slot]!.past, value);
      this.binding.bindOutput(slots[slot]!.present, value);
    }
    this.#lanes[slot] = lane;
  }
}
