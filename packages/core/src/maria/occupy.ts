// One computation at a time for a model: its KV cache and its buffers belong to whoever runs.
import type { Model } from './model.js';

const occupied = new WeakSet<Model>();

/**
 * Takes the model until the returned function is called; until then an abort of the signal interrupts it.
 * @throws Error if it is taken
 */
export function occupy(model: Model, signal?: AbortSignal): () => void {
  if (occupied.has(model))
    throw new Error('this model is in use: wait for the other call to end, or load a second model');
  occupied.add(model);
  const onAbort = () => model.interrupt();
  signal?.addEventListener('abort', onAbort);
  return () => {
    occupied.delete(model);
    signal?.removeEventListener('abort', onAbort);
  };
}
