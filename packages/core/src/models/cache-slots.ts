// The KV cache as a program sees it: per layer two state tensors, and how many tokens they hold.
import type { StateStorage } from '../tensor/dtype.js';
import { input, isOp, state, stateOp } from '../tensor/leaves.js';
import type { Program } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';

export interface CacheSlots {
  /** Tokens in the cache before this run, int32 [1]. */
  readonly pastLength: Tensor;
  /** Keys and values of one layer, each [1, kvHeads, capacity, headSize]. */
  layer(index: number): { readonly keys: Tensor; readonly values: Tensor };
}

/** The slots of a new program. State tensors are made as layers ask for them. */
export function cacheSlots(
  sizes: { kvHeads: number; headSize: number },
  capacity: number,
  storage: StateStorage = 'float32',
): CacheSlots {
  const cache = (name: string) => state(name, [1, sizes.kvHeads, capacity, sizes.headSize], storage);
  return {
    pastLength: input('pastLength', [1], 'int32'),
    layer: (index) => ({ keys: cache(`keys.${index}`), values: cache(`values.${index}`) }),
  };
}

/** How many tokens the slots of a program hold, and how they are held. */
export function cacheOf({ states }: Program): { readonly capacity: number; readonly storage: StateStorage } {
  const [keys] = states.values();
  if (!keys || !isOp(keys, stateOp)) throw new Error('the program has no KV cache');
  return { capacity: Number(keys.shape[2]), storage: keys.attributes.storage };
}
