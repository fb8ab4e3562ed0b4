// Copies tensors in the memory of a device, and between it and the CPU, by a session of one node: the library's own function
// knows no way between them for providers that are appended to a session by name, as that of CUDA is.
import type { StateStorage } from '@maria/core';
import { GraphBuilder } from '../onnx/graph.js';
import type { Handle } from './api-table.js';
import { createBinding } from './binding.js';
import type { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type Session, type SessionOptions } from './session.js';

export interface DeviceCopy {
  /** Gives memory of the device. */
  readonly session: Session;
  /** Between tensors of one shape. */
  copy(from: Handle<'Value'>, to: Handle<'Value'>): Promise<void>;
}

/** Of tensors with so many axes; it belongs to `resources`. @throws DeviceError as createSession does */
export async function createDeviceCopy(
  runtime: OrtRuntime,
  { dtype, rank }: { readonly dtype: StateStorage; readonly rank: number },
  options: SessionOptions,
  resources: Resources,
): Promise<DeviceCopy> {
  const graph = new GraphBuilder();
  const shape = Array.from({ length: rank }, (_, axis) => `length${axis}`);
  graph.addInput('from', dtype, shape);
  graph.addNodeTo(['to'], 'Identity', ['from']);
  graph.addOutput('to', dtype, shape);
  const session = await createSession(runtime, graph.serialize(), options);
  resources.own(session, ({ dispose }) => dispose());
  const copy = async (from: Handle<'Value'>, to: Handle<'Value'>) => {
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
  return { session, copy };
}
