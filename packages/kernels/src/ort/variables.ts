// A program's variables in a session: the caller's own memory, read where it is and written where it is.
import type { VariableMemory } from '@maria/core';
import type { GraphVariable } from '../onnx/lowered-graph.js';
import type { Binding } from './binding.js';
import { alignedArray, valueOver } from './memory.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';

export class BoundVariables {
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

  /** Before a run: lets it read and write this memory. Nothing is done for what is bound already. */
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

  /** After a run: brings the updates home that could not be written in place. */
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
