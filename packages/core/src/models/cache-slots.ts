// The KV caches as a program sees them: per layer two state tensors, and which sequences read which lane of them.
import { type LaneSlots, laneSlots } from '../ops/lane-attention.js';
import type { StateStorage } from '../tensor/dtype.js';
import { input, isOp, state, stateOp } from '../tensor/leaves.js';
import type { Program } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';

export interface CacheSlots {
  /** The sequences of a run. */
  readonly slots: LaneSlots;
  /** Of each token in its sequence, int32 [time]. */
  readonly positions: Tensor;
  /** Keys and values of one layer, each [lanes, kvHeads, capacity, headSize]. */
  layer(index: number): { readonly keys: Tensor; readonly values: Tensor };
}

/** The KV caches of an AR model. */
export interface CacheForm {
  /** Most tokens that each lane holds. */
  readonly capacity: number;
  /** Sequences that are held side by side. */
  readonly lanes: number;
  /** How keys and values are held. */
  readonly storage: StateStorage;
}

/** The slots of a new program. State tensors are made as layers ask for them. */
export function cacheSlots(
  sizes: { kvHeads: number; headSize: number },
  { capacity, lanes, storage }: CacheForm,
): CacheSlots {
  const cache = (name: string) => state(name, [lanes, sizes.kvHeads, capacity, sizes.headSize], storage);
  return {
    slots: laneSlots(),
    positions: input('positions', ['time'], 'int32'),
    layer: (index) => ({ keys: cache(`keys.${index}`), values: cache(`values.${index}`) }),
  };
}

/** What the KV caches of a program hold, and how. */
export function cacheOf({ states }: Program): CacheForm {
  const [keys] = states.values();
  if (!keys || !isOp(keys, stateOp)) throw new Error('the program has no KV cache');
  const [lanes, , capacity] = keys.shape as readonly number[];
  return { lanes: lanes!, capacity: capacity!, storage: keys.attributes.storage };
}
