// One computation at a time for a model: its KV cache and its buffers belong to whoever runs.
import { UsageError } from '../errors.js';
import type { Model } from './model.js';

const occupied = new WeakSet<Model>();

/**
 * Takes the model until the returned function is called; until then an abort of the signal interrupts it.
 * @throws UsageError `model-in-use` if it is taken
 */
export function occupy(model: Model, signal?: AbortSignal): () => void {
  if (occupied.has(model))
    throw new UsageError('model-in-use', 'Cannot run the model: another call runs it.', {
      try: 'Wait for that call to end, or load the model a second time.',
    });
  occupied.add(model);
  const onAbort = () => model.interrupt();
  signal?.addEventListener('abort', onAbort);
  return () => {
    occupied.delete(model);
    signal?.removeEventListener('abort', onAbort);
  };
}
