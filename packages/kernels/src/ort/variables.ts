// A program's variables in a session: the caller's own memory, read where it is and written where it is; or what a device holds of it.
import { formatShape, ShapeError, sameShape, type VariableMemory } from '@maria/core';
import type { GraphVariable } from '../onnx/lowered-graph.js';
import type { Binding } from './binding.js';
import type { DeviceTensor, HeldTensor, HeldTensors } from './held-tensors.js';
import { alignedArray, valueOver } from './memory.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';

export interface BoundVariables {
  /** Before a run: lets it read and write this memory. */
  bind(memory: VariableMemory): void;
  /** After a run: what it has updated is the variables' new value. */
  finish(memory: VariableMemory): void;
  dispose(): void;
}

/** @param held what a device holds, undefined for the CPU */
export function bindVariables(
  runtime: OrtRuntime,
  variables: readonly GraphVariable[],
  binding: Binding,
  held: HeldTensors | undefined,
): BoundVariables {
  return held
    ? new VariablesOnDevice(runtime, variables, binding, held)
    : new VariablesInPlace(runtime, variables, binding);
}

class VariablesInPlace implements BoundVariables {
  readonly #runtime: OrtRuntime;
  readonly #variables: readonly GraphVariable[];
  readonly #binding: Binding;
  /** Where updates are written that cannot be written in place. */
  readonly #apart = new Map<string, Float32Array>();
  /** Memory that the session holds addresses of: kept alive as long. */
  #bound: readonly Float32Array[] = [];
  /** What describes it to the library. */
  #values = new Resources('the variables');

  constructor(runtime: OrtRuntime, variables: readonly GraphVariable[], binding: Binding) {
    this.#runtime = runtime;
    this.#variables = variables;
    this.#binding = binding;
  }

  /** Nothing is done for what is bound already. */
  bind(memory: VariableMemory): void {
    const arrays = this.#variables.map(({ name }) => memory[name]!);
    if (arrays.every((array, i) => array === this.#bound[i])) return;
    // If this fails half way, the next run binds all of it again.
    this.#bound = [];
    this.#values.dispose();
    this.#values = new Resources('the variables');
    this.#variables.forEach((variable, i) => {
      this.#bindOne(variable, arrays[i]!);
    });
    this.#bound = arrays;
  }

  /** Brings the updates home that could not be written in place. */
  finish(memory: VariableMemory): void {
    for (const [name, from] of this.#apart) memory[name]!.set(from);
  }

  dispose(): void {
    this.#values.dispose();
  }

  #bindOne({ name, shape, input, output, inPlace }: GraphVariable, memory: Float32Array): void {
    const { api } = this.#runtime;
    const describe = (array: Float32Array) =>
      this.#values.own(valueOver(this.#runtime, array, 'float32', shape), api.ReleaseValue);
    const value = describe(memory);
    if (input !== undefined) this.#binding.bindInput(input, value);
    if (output === undefined) return;
    if (inPlace) this.#binding.bindOutput(output, value);
    else this.#binding.bindOutput(output, describe(this.#copyOf(name, memory.length)));
  }

  #copyOf(name: string, length: number): Float32Array {
    const known = this.#apart.get(name);
    if (known) return known;
    const apart = alignedArray(this.#runtime, 'float32', length) as Float32Array;
    this.#apart.set(name, apart);
    return apart;
  }
}

/** What is not held is copied there when it is bound, and back by the run. */
class VariablesOnDevice implements BoundVariables {
  readonly #runtime: OrtRuntime;
  readonly #variables: readonly GraphVariable[];
  readonly #binding: Binding;
  readonly #held: HeldTensors;
  /** By the names of inputs and outputs. */
  readonly #bound = new Map<string, DeviceTensor | Float32Array>();
  /** Memory for the new values of a run. */
  readonly #taken = new Map<HeldTensor, DeviceTensor>();

  constructor(
    runtime: OrtRuntime,
    variables: readonly GraphVariable[],
    binding: Binding,
    held: HeldTensors,
  ) {
    this.#runtime = runtime;
    this.#variables = variables;
    this.#binding = binding;
    this.#held = held;
  }

  bind(memory: VariableMemory): void {
    this.#giveBack();
    for (const variable of this.#variables) {
      const array = memory[variable.name]!;
      const held = this.#held.get(array);
      if (held) this.#bindHeld(variable, held);
      else this.#bindCopied(variable, array);
    }
  }

  finish(): void {
    for (const [held, tensor] of this.#taken) held.become(tensor);
    this.#taken.clear();
  }

  dispose(): void {
    this.#giveBack();
  }

  /** A run that broke off leaves the variables what they were, unless it wrote in place. */
  #giveBack(): void {
    for (const [held, tensor] of this.#taken) held.giveBack(tensor);
    this.#taken.clear();
  }

  #bindHeld({ name, shape, input, output, inPlace }: GraphVariable, held: HeldTensor): void {
    if (!sameShape(held.shape, shape))
      throw new ShapeError(
        `the variable "${name}" is held as ${formatShape(held.shape)}, its shape is ${formatShape(shape)}`,
      );
    if (input !== undefined && this.#bound.get(input) !== held.current) {
      this.#binding.bindInput(input, held.current.value);
      this.#bound.set(input, held.current);
    }
    if (output === undefined) return;
    held.isAhead = true;
    const next = inPlace ? held.current : held.take();
    if (!inPlace) this.#taken.set(held, next);
    if (this.#bound.get(output) !== next) {
      this.#binding.bindOutput(output, next.value);
      this.#bound.set(output, next);
    }
  }

  #bindCopied({ shape, input, output }: GraphVariable, array: Float32Array): void {
    const value = valueOver(this.#runtime, array, 'float32', shape);
    try {
      // A binding copies what is in another memory than the graph's input.
      if (input !== undefined) {
        this.#binding.bindInput(input, value);
        this.#bound.set(input, array);
      }
      if (output !== undefined && this.#bound.get(output) !== array) {
        this.#binding.bindOutput(output, value);
        this.#bound.set(output, array);
      }
    } finally {
      this.#runtime.api.ReleaseValue(value);
    }
  }
}
