// One computation at a time for a model: its KV cache and its buffers belong to whoever runs.
import type { MariaModel } from './model.js';

const occupied = new WeakSet<MariaModel>();

/** Takes the model until the returned function is called. @throws Error if it is taken */
export function occupy(model: MariaModel): () => void {
  if (occupied.has(model))
    throw new Error('this model is in use: wait for the other call to end, or load a second model');
  occupied.add(model);
  return () => occupied.delete(model);
}
