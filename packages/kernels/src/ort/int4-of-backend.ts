// What the probe of int4's rows finds on a backend that runs ONNX Runtime on the CPU, for reports.
import type { Backend } from '@maria/core';
import { physicalCores } from '../threads.js';
import { createBindingExecutable } from './binding-executable.js';
import { int4IsExact } from './int4-rows.js';
import { createOrtExecutable } from './ort-executable.js';
import { loadRuntime } from './runtime.js';

/**
 * Whether its kernel of int4 gives a row the same bits by itself as beside others; else rows are padded for it.
 * @throws DeviceError when the library cannot be loaded
 */
export async function int4RowsAreExact({ name }: Backend): Promise<boolean> {
  const options = { threads: physicalCores() };
  if (name === 'ort-node') return int4IsExact((program) => createBindingExecutable(program, options));
  const runtime = await loadRuntime();
  return int4IsExact((program) => createOrtExecutable(runtime, program, options));
}
