// Starts the backend of a load while its files are read, and looks at the device before that.
import type { Backend } from '@maria/core';
import { type ChooseBackendOptions, checkBackendChoice, chooseBackend, type Device } from '@maria/kernels';
import type { AvailableMemory } from '../memory/available.js';
import { memoryOf } from '../memory/device-memory.js';
import type { EstimatedModel } from '../memory/estimate.js';

export interface StartingBackend {
  readonly starting: Promise<Backend>;
  /** One that is not the CPU. */
  readonly device?: Device;
  /** What memory is estimated by. */
  readonly on: Pick<EstimatedModel, 'dtype' | 'device'>;
  /** Of the device. */
  readonly available?: AvailableMemory;
}

/** @throws UsageError, and DeviceError for a device that cannot be used: before anything is read or downloaded */
export async function startBackend(options: ChooseBackendOptions): Promise<StartingBackend> {
  const { device } = checkBackendChoice(options);
  const starting = chooseBackend(options);
  // When the files are unfit, that is what the caller hears of.
  starting.catch(() => {});
  const { dtype } = options;
  if (device === undefined || device.kind === 'cpu') return { starting, on: { dtype } };
  await starting;
  const on = { dtype, device: device.kind };
  return { starting, device, on, available: await memoryOf(device, options.gpuMemory) };
}
