// Memory of the CPU whose pages stay where they are: a CUDA GPU reads and writes it itself, without a copy on the way.
import type { Device } from '../device.js';
import { ElementType } from '../onnx/proto.js';
import { type AllocateHost, alignedArray, dimsOf, hostArrays } from './memory.js';
import { OrtError } from './ort-error.js';
import { Resources } from './resources.js';
import { deviceAllocator, memoryForDevice, type OrtRuntime } from './runtime.js';
import type { Session } from './session.js';

/** What ONNX Runtime calls it. */
const pinned = 'CudaPinned';

/** It is given back when nothing refers to it any more: results may be read after their session is gone. */
const unused = new FinalizationRegistry<() => void>((release) => release());

/**
 * For what a session on CUDA reads and writes. Where the library or the system has no such memory, that of JavaScript. Tensors over it
 * are told to be in ordinary memory: what ONNX Runtime 1.30 is told to be pinned it does not copy to the device, which then reads it slowly, or copies to itself.
 */
export function allocatePinned(runtime: OrtRuntime, session: Session, device: Device): AllocateHost {
  let isThere = true;
  const bytesOf = (count: number): ArrayBuffer | undefined => {
    if (!isThere) return undefined;
    try {
      return pinnedBytes(runtime, session, device, count);
    } catch (error) {
      if (!(error instanceof OrtError)) throw error;
      isThere = false;
      return undefined;
    }
  };
  return (dtype, length) => {
    const ArrayType = hostArrays[dtype];
    const bytes = bytesOf(length * ArrayType.BYTES_PER_ELEMENT);
    return bytes ? new ArrayType(bytes).fill(0) : alignedArray(runtime, dtype, length);
  };
}

function pinnedBytes(
  { api, viewAt }: OrtRuntime,
  session: Session,
  { index }: Device,
  count: number,
): ArrayBuffer {
  const held = new Resources('pinned memory');
  try {
    const info = held.own(
      api.CreateMemoryInfo(pinned, deviceAllocator, index, memoryForDevice),
      api.ReleaseMemoryInfo,
    );
    const allocator = held.own(api.CreateAllocator(session.handle, info), api.ReleaseAllocator);
    const value = api.CreateTensorAsOrtValue(allocator, dimsOf([count]), 1, ElementType.uint8);
    held.own(value, api.ReleaseValue);
    const bytes = viewAt(api.GetTensorMutableData(value), count);
    unused.register(bytes, () => held.dispose());
    return bytes;
  } catch (error) {
    held.dispose();
    throw error;
  }
}
