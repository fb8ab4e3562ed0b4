// A program's variables in a session: the caller's own memory, read where it is and written where it is; or what a device holds of it.
import { formatShape, ShapeError, sameShape, type VariableMemory } from '@maria/core';
import type { GraphVariable } from '../onnx/lowered-graph.js';
import type { Handle } from './api-table.js';
import type { Binding } from './binding.js';
import type { BoundMemory, DeviceTensor, HeldTensor, HeldTensors } from './held-tensors.js';
import { alignedArray, valueOver } from './memory.js';
import type { OrtRuntime } from './runtime.js';

/** What a variable is bound to: the caller's memory, or that of a device. */
type Place = Float32Array | DeviceTensor;

export class BoundVariables {
  readonly #runtime: OrtRuntime;
  readonly #variables: readonly GraphVariable[];
  readonly #binding: Binding;
  /** What a device holds; undefined on the CPU. */
  readonly #held: { readonly tensors: HeldTensors; readonly memory: BoundMemory } | undefined;
  /** Where updates of the caller's memory are written that cannot be written in place. */
  readonly #apart = new Map<string, Float32Array>();
  /** Of the run that is bound, the caller's memory that is updated so. */
  readonly #updated = new Map<Float32Array, Float32Array>();
  /** Of a device, memory for the new values of a run. */
  readonly #taken = new Map<HeldTensor, DeviceTensor>();
  /** By the names of inputs and outputs. Memory that the session holds addresses of is kept alive as long. */
  readonly #bound = new Map<string, Place>();
  /** What describes memory of the CPU to the library: the caller's by the variables' names, what is apart by those of outputs. */
  readonly #described = new Map<string, { readonly array: Float32Array; readonly value: Handle<'Value'> }>();

  constructor(
    runtime: OrtRuntime,
    variables: readonly GraphVariable[],
    binding: Binding,
    held: { readonly tensors: HeldTensors; readonly memory: BoundMemory } | undefined,
  ) {
    this.#runtime = runtime;
    this.#variables = variables;
    this.#binding = binding;
    this.#held = held;
  }

  /** Before a run: lets it read and write this memory, or what a device holds of it. */
  bind(memory: VariableMemory): void {
    this.#giveBack();
    this.#updated.clear();
    for (const variable of this.#variables) {
      const array = memory[variable.name]!;
      const held = this.#held?.tensors.get(array);
      if (held) this.#bindHeld(variable, held);
      else this.#bindMemory(variable, array);
    }
  }

  /** After a run, in its turn: what it has updated is the variables' new value. */
  finish(): void {
    for (const [held, tensor] of this.#taken) held.become(tensor);
    this.#taken.clear();
    for (const [memory, from] of this.#updated) memory.set(from);
  }

  dispose(): void {
    this.#giveBack();
    for (const { value } of this.#described.values()) this.#runtime.api.ReleaseValue(value);
    this.#described.clear();
    this.#bound.clear();
  }

  /** A run that broke off leaves what is held as it was, unless it wrote in place. */
  #giveBack(): void {
    for (const [held, tensor] of this.#taken) held.giveBack(tensor);
    this.#taken.clear();
  }

  #bindHeld({ name, shape, input, output, inPlace }: GraphVariable, held: HeldTensor): void {
    if (!sameShape(held.shape, shape))
      throw new ShapeError(
        `the variable "${name}" is held as ${formatShape(held.shape)}, its shape is ${formatShape(shape)}`,
      );
    this.#held?.memory.keep(held.memory);
    const { current } = held;
    if (input !== undefined && this.#bound.get(input) !== current) {
      this.#binding.bindInput(input, current.value);
      this.#bound.set(input, current);
    }
    if (output === undefined) return;
    held.isAhead = true;
    const next = inPlace ? current : held.take();
    if (next !== current) this.#taken.set(held, next);
    if (this.#bound.get(output) === next) return;
    this.#binding.bindOutput(output, next.value);
    this.#bound.set(output, next);
  }

  #bindMemory({ name, shape, input, output, inPlace }: GraphVariable, memory: Float32Array): void {
    if (input !== undefined || inPlace) this.#describe(name, memory, shape);
    // A device gets a copy of what a binding is given.
    if (input !== undefined && (this.#held !== undefined || this.#bound.get(input) !== memory))
      this.#binding.bindInput(input, this.#described.get(name)!.value);
    if (input !== undefined) this.#bound.set(input, memory);
    if (output === undefined) return;
    const target = inPlace ? memory : this.#copyOf(name, memory.length);
    if (!inPlace) this.#updated.set(memory, target);
    if (this.#bound.get(output) === target) return;
    if (!inPlace) this.#describe(output, target, shape);
    this.#binding.bindOutput(output, this.#described.get(inPlace ? name : output)!.value);
    this.#bound.set(output, target);
  }

  #describe(name: string, array: Float32Array, shape: readonly number[]): void {
    const known = this.#described.get(name);
    if (known?.array === array) return;
    const value = valueOver(this.#runtime, array, 'float32', shape);
    if (known) this.#runtime.api.ReleaseValue(known.value);
    this.#described.set(name, { array, value });
  }

  #copyOf(name: string, length: number): Float32Array {
    const known = this.#apart.get(name);
    if (known) return known;
    const apart = alignedArray(this.#runtime, 'float32', length) as Float32Array;
    this.#apart.set(name, apart);
    return apart;
  }
}
