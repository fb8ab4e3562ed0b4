// A program's variables in a session: the caller's own memory, read where it is and written where it is.
import { memoryOf, type VariableMemory } from '@maria/core';
import type { GraphVariable } from '../onnx/lowered-graph.js';
import type { Binding } from './binding.js';
import { alignedArray, valueOver } from './memory.js';
import type { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';

export interface BoundVariables {
  /** Memory that the session holds addresses of: kept alive as long as this. */
  readonly memory: readonly Float32Array[];
  /** After a run: brings the updates home that could not be written in place. */
  finish(): void;
}

/** @throws ShapeError when the memory of a variable is missing or of another size */
export function bindVariables(
  runtime: OrtRuntime,
  variables: readonly GraphVariable[],
  given: VariableMemory,
  binding: Binding,
  resources: Resources,
): BoundVariables {
  const kept: Float32Array[] = [];
  const copies: { from: Float32Array; to: Float32Array }[] = [];
  for (const { name, shape, input, output, inPlace } of variables) {
    const memory = memoryOf(given, name, shape);
    kept.push(memory);
    const value = resources.own(valueOver(runtime, memory, 'float32', shape), runtime.api.ReleaseValue);
    if (input !== undefined) binding.bindInput(input, value);
    if (output === undefined) continue;
    if (inPlace) {
      binding.bindOutput(output, value);
      continue;
    }
    const apart = alignedArray(runtime, 'float32', memory.length) as Float32Array;
    binding.bindOutput(
      output,
      resources.own(valueOver(runtime, apart, 'float32', shape), runtime.api.ReleaseValue),
    );
    copies.push({ from: apart, to: memory });
  }
  return {
    memory: kept,
    finish: () => {
      for (const { from, to } of copies) to.set(from);
    },
  };
}
