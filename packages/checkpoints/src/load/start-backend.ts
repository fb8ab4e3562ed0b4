// Starts the backend of a load while its files are read, and looks at the device before that.
import type { Backend } from '@maria/core';
import { type ChooseBackendOptions, checkBackendChoice, chooseBackend, type Device } from '@maria/kernels';
import type { AvailableMemory } from '../memory/available.js';
import { memoryOf } from '../memory/device-memory.js';

export interface StartingBackend {
  readonly starting: Promise<Backend>;
  /** One that is not the CPU. */
  readonly device?: Device;
  /** Of the device. */
  readonly available?: AvailableMemory;
}

/** @throws UsageError, and DeviceError for a device that cannot be used: before anything is read or downloaded */
export async function startBackend(options: ChooseBackendOptions): Promise<StartingBackend> {
  const { device } = checkBackendChoice(options);
  const starting = chooseBackend(options);
  // When the files are unfit, that is what the caller hears of.
  starting.catch(() => {});
  if (device === undefined || device.kind === 'cpu') return { starting };
  await starting;
  return { starting, device, available: await memoryOf(device, options.gpuMemory) };
}
