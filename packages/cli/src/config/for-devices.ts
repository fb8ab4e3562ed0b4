// Settings that only speak of a device: they say nothing where something else computes. Flags are refused there, by who reads them.
import { parseDevice } from '@maria/kernels/device';

const ofDevices: readonly string[] = ['dtype', 'gpu-memory', 'tf32'];

/** @param flagValue what a flag is, by the command line or the settings */
export function withoutOtherDevices<S extends { readonly name: string }>(
  settings: readonly S[],
  flagValue: (name: string) => string | undefined,
): S[] {
  const device = parseDevice(flagValue('device') ?? 'auto');
  // What names no device is refused with what there is.
  if (device === undefined) return [...settings];
  const runsOnDevices = ['auto', 'ort'].includes(flagValue('backend') ?? 'auto');
  const kind = device === 'auto' || !runsOnDevices ? 'cpu' : device.kind;
  const says = (name: string) => kind === 'cuda' || (kind === 'webgpu' && name === 'dtype');
  return settings.filter(({ name }) => !ofDevices.includes(name) || says(name));
}
