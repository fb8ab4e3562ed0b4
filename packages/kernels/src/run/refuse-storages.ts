// Refuses a program whose state is to be held in a type that a backend has no kernel for there.
import { DeviceError, isOp, type Program, type StateStorage, stateOp } from '@maria/core';

/**
 * @param held what there are kernels for @param who that has them, in words
 * @throws DeviceError `kv-cache-unsupported` if a state of the program is to be held as another type
 */
export function refuseStorages(
  { states }: Program,
  held: readonly StateStorage[],
  who: string,
  facts: { readonly device?: string } = {},
): void {
  for (const tensor of states.values())
    if (isOp(tensor, stateOp) && !held.includes(tensor.attributes.storage))
      throw new DeviceError(
        'kv-cache-unsupported',
        `Cannot hold the KV cache as ${tensor.attributes.storage}: ${who} has ${held.join(' and ')} only.`,
        {
          try: `Hold it as float32${facts.device === undefined ? ', or use the backend ort' : ''}.`,
          facts,
        },
      );
}
