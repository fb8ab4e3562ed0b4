// What a failure inside ONNX Runtime means to the user of a program: data that does not fit, or a device that does not work.
import { DataError, DeviceError, type MariaError } from '@maria/core';
import { type Device, deviceName } from '../device.js';
import { OrtError } from './ort-error.js';

/** A limit on memory is first met where a thread wants its stack. WebGPU gives a buffer that it has no room for, and fails where it is used. */
const outOfMemory =
  /failed to allocate|bad_alloc|out of memory|pthread_create failed|_ALLOC_FAILED|Available memory of \d+ is smaller|\[Invalid Buffer/i;

const lessAtOnce =
  'Read fewer texts at once, or shorter ones; or hold the KV cache as float16, or weights as int8 or int4.';

/** The library's own words; the binding of onnxruntime-node throws plain errors with the same text. */
function detailOf(error: unknown): string {
  if (error instanceof OrtError) return error.detail;
  return error instanceof Error ? error.message.trim() : String(error);
}

/** A model could not be made ready to run. */
export function loadFailure(cause: unknown, externalDataFolder: string | undefined): MariaError {
  const detail = detailOf(cause);
  const status = cause instanceof OrtError ? cause.status : undefined;
  if (outOfMemory.test(detail))
    return new DeviceError('out-of-memory', `Cannot load the model: ${detail}`, { try: lessAtOnce, cause });
  if (status === 'ep-fail' || status === 'runtime-exception' || status === 'not-implemented')
    return new DeviceError('device-unusable', `Cannot load the model: ${detail}`, { cause });
  if (/external/i.test(detail)) {
    const folder = externalDataFolder ?? 'the current folder';
    return new DataError('weights-unreadable', `Cannot load the weights in ${folder}: ${detail}`, { cause });
  }
  return new DataError('graph-invalid', `Cannot load the model's graph: ${detail}`, { cause });
}

/** The variables of a training are not on their device. */
export function holdFailure(cause: OrtError, bytes: number, device: Device): DeviceError {
  const isFull = outOfMemory.test(cause.detail);
  return new DeviceError(
    isFull ? 'out-of-memory' : 'device-unusable',
    `Cannot hold ${bytes} bytes of variables on ${deviceName(device)}: ${cause.detail}`,
    { ...(isFull && { try: 'Train a smaller head or model, or on the CPU.' }), cause },
  );
}

/** A run of a program broke off. */
export function runFailure(cause: unknown): DeviceError {
  const detail = detailOf(cause);
  if (outOfMemory.test(detail))
    return new DeviceError('out-of-memory', `Cannot run the program: ${detail}`, { try: lessAtOnce, cause });
  if (/cuDNN is unavailable/.test(detail))
    return new DeviceError('device-unusable', `Cannot run the program: ${detail}`, {
      try: 'Install cuDNN 9, in a folder of LD_LIBRARY_PATH (on Windows, of PATH).',
      cause,
    });
  return new DeviceError('run-failed', `Cannot run the program: ${detail}`, { cause });
}
