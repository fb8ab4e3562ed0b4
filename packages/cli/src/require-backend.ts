// The backend of the flags, for commands that do something before they load a model: a device that cannot be used is told of first.
import type { Backend } from '@maria/core';
import { backendOptionsOf } from './flags.js';

/** @throws UsageError, DeviceError as loading a model on it does */
export async function requireBackend(flags: Parameters<typeof backendOptionsOf>[0]): Promise<Backend> {
  const { chooseBackend } = await import('@maria/kernels');
  return chooseBackend(backendOptionsOf(flags));
}
