// The backend `ort-node`: programs on onnxruntime-node's own binding, for machines on which the C API cannot be loaded.
// Slower: it copies inputs and the KV cache, and the event loop stands still during a run.
import type { Backend } from '@maria/core';
import { refuseStorages } from '../run/refuse-storages.js';
import { physicalCores } from '../threads.js';
import { createBindingExecutable } from './binding-executable.js';
import { int4Kernels } from './int4-rows.js';
import { loweredProgram } from './lowered-program.js';

export interface OrtNodeBackendOptions {
  /** Threads that one op may use. @default the physical cores that this process may run on */
  threads?: number | undefined;
}

/** Nothing native is loaded before the first `compile`. @throws DeviceError from there when the binding cannot be loaded, or for state that is held as float16 */
export function ortNodeBackend({ threads = physicalCores() }: OrtNodeBackendOptions = {}): Backend {
  return {
    name: 'ort-node',
    device: 'cpu',
    async compile(program, weights, variables) {
      // From Node 24 on its tensors of float16 are made of Float16Array, in which the library of 1.30 finds no elements.
      refuseStorages(program, ['float32'], 'the backend "ort-node"');
      const kernels = await int4Kernels(program, weights, `ort-node ${threads}`, (lowered) =>
        createBindingExecutable(lowered, { threads }),
      );
      return createBindingExecutable(loweredProgram(program, weights, kernels), { threads }, variables);
    },
  };
}
