// For backends that hold state as float32 only: refuses a program that asks for another storage.
import { DeviceError, isOp, type Program, stateOp } from '@maria/core';

/** @throws DeviceError `kv-cache-unsupported` if a state of the program is to be held as float16 */
export function refuseHalfState({ states }: Program, backend: string): void {
  for (const tensor of states.values())
    if (isOp(tensor, stateOp) && tensor.attributes.storage === 'float16')
      throw new DeviceError(
        'kv-cache-unsupported',
        `Cannot hold the KV cache as float16: the backend "${backend}" has float32 only.`,
        { try: 'Hold it as float32, or use the backend ort.' },
      );
}
