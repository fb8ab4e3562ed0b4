// Copies a tensor in the memory of a device, or from the CPU to there, by a session of one node: the library's own function
// knows no way between them for providers that are appended to a session by name, as that of CUDA is.
import type { StateStorage } from '@maria/core';
import { GraphBuilder } from '../onnx/graph.js';
import type { Handle } from './api-table.js';
import { createBinding } from './binding.js';
import type { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type SessionOptions } from './session.js';

/** Between tensors of one shape, of four axes. */
export type DeviceCopy = (from: Handle<'Value'>, to: Handle<'Value'>) => Promise<void>;

/** A copy that belongs to `resources`. @throws DeviceError as createSession does */
export async function createDeviceCopy(
  runtime: OrtRuntime,
  dtype: StateStorage,
  options: SessionOptions,
  resources: Resources,
): Promise<DeviceCopy> {
  const graph = new GraphBuilder();
  const shape = ['a', 'b', 'c', 'd'];
  graph.addInput('from', dtype, shape);
  graph.addNodeTo(['to'], 'Identity', ['from']);
  graph.addOutput('to', dtype, shape);
  const session = await createSession(runtime, graph.serialize(), options);
  resources.own(session, ({ dispose }) => dispose());
  return async (from, to) => {
    // It holds the tensors, which are to be given back before the allocators that they came from.
    const binding = createBinding(runtime, session);
    try {
      binding.bindInput('from', from);
      binding.bindOutput('to', to);
      await binding.run();
    } finally {
      binding.dispose();
    }
  };
}
