// Chooses what runs programs: the backend of a name, or the first that works here.
import { type Backend, MariaError, UsageError } from '@maria/core';
import {
  autoBackends,
  type BackendChoice,
  type BackendName,
  backendChoices,
  backendNames,
  backends,
  type OpenOptions,
} from './backends.js';
import { type Device, type DeviceChoice, deviceForms, deviceName, dtypesOf, parseDevice } from './device.js';

export interface ChooseBackendOptions extends Omit<OpenOptions, 'device' | 'onWarning'> {
  /** `auto` goes on to the next backend of its list where one cannot be used, with a warning. @default 'auto' */
  backend?: BackendChoice;
  /** Nothing stands in for a device that cannot be used. @default 'auto', the CPU where the backend has it */
  device?: DeviceChoice;
  /** Hears why the backend that `auto` prefers cannot be used. */
  onWarning?: (message: string) => void;
}

/**
 * A backend whose library is loaded, and whose device is there.
 * @throws DeviceError when it cannot be used; UsageError for one of another name, or a device that it does not have
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<Backend> {
  const { threads, libraryPath, dtype, gpuMemory, tf32, onWarning } = options;
  const { choice, device } = checkBackendChoice(options);
  const opening = { device, threads, libraryPath, dtype, gpuMemory, tf32, onWarning };
  if (choice !== 'auto') return backends[choice].open(opening);
  let failure: MariaError | undefined;
  for (const name of autoBackends.filter((name) => has(name, device))) {
    const { description, open } = backends[name];
    if (failure) onWarning?.(`${failure.message} Using ${description}.`);
    try {
      return await open(opening);
    } catch (error) {
      if (!(error instanceof MariaError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** What options ask for, before anything is loaded. @throws UsageError as `chooseBackend` does */
export function checkBackendChoice(options: ChooseBackendOptions): {
  readonly choice: BackendChoice;
  readonly device: Device | undefined;
} {
  const { backend = 'auto', threads } = options;
  const choice = readBackendChoice(backend);
  const device = readDeviceChoice(options.device);
  checkDevice(choice, device);
  checkDType(choice, device, options.dtype);
  checkCudaOptions(choice, device, options);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new UsageError(
      'threads-invalid',
      `Cannot use ${threads} threads: it must be a whole number from 1.`,
      { try: 'Leave it out: the physical cores that this process may use are taken.' },
    );
  return { choice, device };
}

function has(backend: BackendName, device: Device | undefined): boolean {
  return device === undefined || backends[backend].devices.includes(device.kind);
}

/** What `auto` and a named backend may be asked for. @throws UsageError `device-unfit` */
function checkDevice(choice: BackendChoice, device: Device | undefined): void {
  if (device === undefined || choice === 'auto' || has(choice, device)) return;
  const { devices } = backends[choice];
  throw new UsageError(
    'device-unfit',
    `Cannot use the device "${deviceName(device)}" with the backend "${choice}": it has ${devices.join(', ')} only.`,
    {
      try: 'Use a device that it has, or another backend.',
      facts: { devices, backends: backendNames.filter((name) => has(name, device)) },
    },
  );
}

/** @throws UsageError `dtype-unfit` */
function checkDType(choice: BackendChoice, device: Device | undefined, dtype: string = 'float32'): void {
  const onDevice = device !== undefined && device.kind !== 'cpu' && (choice === 'auto' || choice === 'ort');
  const dtypes: readonly string[] = dtypesOf[onDevice ? device.kind : 'cpu'];
  if (dtypes.includes(dtype)) return;
  const where = choice === 'tfjs' ? 'the backend "tfjs"' : device ? `"${deviceName(device)}"` : 'the CPU';
  throw new UsageError(
    'dtype-unfit',
    `Cannot compute in ${dtype} on ${where}: it has ${dtypes.join(', ')} only.`,
    {
      try: 'Use another type, or another device.',
      facts: { dtypes },
    },
  );
}

/** @throws UsageError for what only CUDA through the C API has */
function checkCudaOptions(
  choice: BackendChoice,
  device: Device | undefined,
  { gpuMemory, tf32 = false }: Pick<OpenOptions, 'gpuMemory' | 'tf32'>,
): void {
  if (gpuMemory === undefined && !tf32) return;
  if (device?.kind === 'cuda' && (choice === 'auto' || choice === 'ort')) return;
  const what = gpuMemory === undefined ? 'TF32' : 'a limit on the memory of a GPU';
  throw new UsageError('device-option', `Cannot use ${what}: only CUDA with the backend "ort" has it.`, {
    try: 'Leave it out, or use the device cuda.',
  });
}

/** The device that a user's word names; undefined where the backend chooses. @throws UsageError when there is none of this name */
export function readDeviceChoice(name = 'auto'): Device | undefined {
  const device = parseDevice(name);
  if (device === 'auto') return undefined;
  if (device !== undefined) return device;
  throw new UsageError('device-unknown', `Cannot use the device "${name}": there is none of this name.`, {
    try: `Use one of ${deviceForms.join(', ')}.`,
  });
}

/** The choice that a user's word names. @throws UsageError when there is none of this name */
export function readBackendChoice(name: string): BackendChoice {
  const choice = backendChoices.find((known) => known === name);
  if (choice !== undefined) return choice;
  throw new UsageError('backend-unknown', `Cannot use the backend "${name}": there is none of this name.`, {
    try: `Use one of ${backendChoices.join(', ')}.`,
  });
}
