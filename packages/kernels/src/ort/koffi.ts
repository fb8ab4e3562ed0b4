// koffi, which calls native code from JavaScript: loaded in one place, with stacks that ONNX Runtime can run on.
import { DeviceError } from '@maria/core';
import type koffiModule from 'koffi';

export type Koffi = typeof koffiModule;

/**
 * ONNX Runtime runs on koffi's own stacks. Its graph optimiser and matrix kernels overrun the 128 KiB that an
 * asynchronous call has by default, which ends the process; 1 MiB is enough, and more costs address space only.
 */
const leastAsyncStack = 1 << 20;
const stackSize = 8 << 20;

/**
 * koffi with stacks that ONNX Runtime can run on. They can be set only before the first library is loaded, so every user of
 * koffi in this package gets it here. @throws DeviceError
 */
export async function loadKoffi(): Promise<Koffi> {
  const koffi = await importKoffi();
  configureKoffi(koffi);
  return koffi;
}

async function importKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (cause) {
    throw new DeviceError(
      'koffi-unusable',
      `Cannot load koffi, which calls native code: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { try: 'npm install', cause },
    );
  }
}

/** @throws DeviceError when another part of the process loaded a library first and left the stacks too small */
function configureKoffi(koffi: Koffi): void {
  const current = koffi.config();
  if ((current.async_stack_size ?? 0) >= leastAsyncStack) return;
  try {
    koffi.config({
      ...current,
      sync_stack_size: stackSize,
      async_stack_size: stackSize,
      resident_async_pools: 4,
    });
  } catch (cause) {
    throw new DeviceError(
      'koffi-configured-late',
      `Cannot run ONNX Runtime through koffi: a library was loaded before with stacks of ${current.async_stack_size} bytes, and ${leastAsyncStack} are needed.`,
      {
        try: 'Load maria before other users of koffi, or give koffi.config async_stack_size of 1 MiB first.',
        cause,
      },
    );
  }
}
