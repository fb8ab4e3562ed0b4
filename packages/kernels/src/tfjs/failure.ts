// What a failure inside TensorFlow.js means to the user of a program.
import { DeviceError } from '@maria/core';

const outOfMemory = /\bOOM\b|out of memory|failed to allocate/i;

/** A run of a program broke off. */
export function runFailure(cause: unknown): DeviceError {
  const detail = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').trim();
  const code = outOfMemory.test(detail) ? 'out-of-memory' : 'run-failed';
  return new DeviceError(code, `Cannot run the program: ${detail}`, { cause });
}
