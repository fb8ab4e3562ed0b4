// An inference session: a model's bytes, optimised for a device and ready to run.
import { DataError } from '@maria/core';
import { type Device, type DeviceDType, theCpu } from '../device.js';
import type { Handle } from './api-table.js';
import type { CudaSettings } from './cuda.js';
import { appendDevice } from './devices.js';
import { loadFailure } from './failures.js';
import { OrtError } from './ort-error.js';
import { placementSettings, requireOnDevice } from './placement.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { spinSettings } from './spinning.js';

export interface SessionOptions extends CudaSettings {
  /** Threads that one op may use, the calling one among them. */
  threads: number;
  /** GraphOptimizationLevel: `basic` removes, `extended` fuses, `all` also changes layouts. @default 'all' */
  graphOptimization?: keyof typeof graphOptimizationLevels;
  /** Where the model's external initializers are. Absent when it has none. */
  externalDataFolder?: string;
  /** @default the CPU */
  device?: Device;
  /** What another device than the CPU computes in. @default 'float32' */
  dtype?: DeviceDType | undefined;
}

const graphOptimizationLevels = { none: 0, basic: 1, extended: 2, all: 99 } as const;

export interface Session {
  readonly device: Device;
  readonly handle: Handle<'Session'>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Safe to call again. */
  dispose(): void;
}

/**
 * Loads a serialised ModelProto, away from the main thread.
 * @throws DataError when the model or a file it points into is damaged or missing; DeviceError when the device refuses it
 */
export async function createSession(
  runtime: OrtRuntime,
  model: Uint8Array,
  options: SessionOptions,
): Promise<Session> {
  const { api, env } = runtime;
  if (model.length === 0)
    throw new DataError('graph-invalid', "Cannot load the model's graph: it has no bytes.");
  const resources = new Resources('the session');
  const sessionOptions = createSessionOptions(runtime, options);
  try {
    const handle = await api.async.CreateSessionFromArray(env, model, model.length, sessionOptions);
    resources.own(handle, api.ReleaseSession);
    if (options.device && options.device.kind !== 'cpu') requireOnDevice(runtime, handle, options.device);
    return {
      device: options.device ?? theCpu,
      get handle() {
        return resources.live(handle);
      },
      inputNames: namesOf(runtime, handle, api.SessionGetInputCount, api.SessionGetInputName),
      outputNames: namesOf(runtime, handle, api.SessionGetOutputCount, api.SessionGetOutputName),
      dispose: () => resources.dispose(),
    };
  } catch (error) {
    resources.dispose();
    throw error instanceof OrtError ? loadFailure(error, options.externalDataFolder) : error;
  } finally {
    api.ReleaseSessionOptions(sessionOptions);
  }
}

function createSessionOptions(runtime: OrtRuntime, options: SessionOptions): Handle<'SessionOptions'> {
  const { api } = runtime;
  const handle = api.CreateSessionOptions();
  try {
    api.SetIntraOpNumThreads(handle, options.threads);
    api.SetSessionGraphOptimizationLevel(handle, graphOptimizationLevels[options.graphOptimization ?? 'all']);
    // A memory pattern is kept for each set of input shapes that was ever seen: lengths vary, so it would only grow.
    api.DisableMemPattern(handle);
    const { device = theCpu } = options;
    const settings = { ...spinSettings, ...(device.kind !== 'cpu' && placementSettings) };
    for (const [key, value] of Object.entries(settings)) api.AddSessionConfigEntry(handle, key, value);
    if (options.externalDataFolder !== undefined)
      api.AddSessionConfigEntry(
        handle,
        'session.model_external_initializers_file_folder_path',
        options.externalDataFolder,
      );
    appendDevice(runtime, handle, device, options);
    return handle;
  } catch (error) {
    api.ReleaseSessionOptions(handle);
    throw error;
  }
}

function namesOf(
  { api, cpuAllocator, textAt }: OrtRuntime,
  session: Handle<'Session'>,
  count: (session: Handle<'Session'>) => number,
  nameAt: (session: Handle<'Session'>, index: number, allocator: Handle<'Allocator'>) => bigint,
): string[] {
  return Array.from({ length: count(session) }, (_, index) => {
    const address = nameAt(session, index, cpuAllocator);
    const name = textAt(address);
    api.AllocatorFree(cpuAllocator, address);
    return name;
  });
}
