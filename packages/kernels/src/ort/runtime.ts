// The process's one ONNX Runtime: library, functions, environment. Loaded when it is first asked for, never unloaded.
import { DeviceError } from '@maria/core';
import { bindApi, type OrtApi } from './api.js';
import { apiVersion, type Handle } from './api-table.js';
import { findLibrary, type LoadedLibrary, loadLibrary } from './library.js';
import { turnOffTelemetry } from './telemetry.js';

export interface OrtRuntime {
  readonly api: OrtApi;
  readonly library: LoadedLibrary;
  readonly env: Handle<'Env'>;
  /** Describes memory of the CPU, in which JavaScript's arrays are. */
  readonly cpuMemory: Handle<'MemoryInfo'>;
  readonly cpuAllocator: Handle<'Allocator'>;
  /** Address of an array's first byte. Holds as long as the array does: V8 never moves the memory behind one. */
  addressOf(memory: ArrayBuffer | ArrayBufferView): bigint;
  /** The UTF-8 string at an address. */
  textAt(address: bigint): string;
  /** Bytes of native memory, which is to outlive them. */
  viewAt(address: bigint, bytes: number): ArrayBuffer;
  /** Element `index` of an array of pointers. */
  pointerAt(address: bigint, index: number): bigint;
}

/** OrtLoggingLevel: what goes wrong comes back as a status, so the library itself stays silent on stderr. */
const logFatalOnly = 4;
/** OrtAllocatorType and OrtMemType of memory that ONNX Runtime did not allocate itself. */
export const deviceAllocator = 0;
export const defaultMemory = 0;
/** OrtMemType of memory of the CPU that a device reads and writes itself. */
export const memoryForDevice = -1;

let loading: { readonly path: string; readonly runtime: Promise<OrtRuntime> } | undefined;

/**
 * Loads the library of onnxruntime-node, or the one at `libraryPath`, once in a process.
 * @throws DeviceError when it cannot be loaded, or when another file was loaded before
 */
export async function loadRuntime(libraryPath: string = findLibrary()): Promise<OrtRuntime> {
  if (loading && loading.path !== libraryPath)
    throw new DeviceError(
      'onnxruntime-twice',
      `Cannot load ONNX Runtime from ${libraryPath}: this process already uses ${loading.path}.`,
    );
  loading ??= { path: libraryPath, runtime: createRuntime(libraryPath) };
  try {
    return await loading.runtime;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

async function createRuntime(libraryPath: string): Promise<OrtRuntime> {
  await turnOffTelemetry();
  const library = await loadLibrary(libraryPath, apiVersion);
  const { koffi } = library;
  const api = bindApi(library);
  // It registers every op that the library knows, some 20 ms: away from the main thread.
  const env = await api.async.CreateEnv(logFatalOnly, 'maria');
  // For libraries that do not know the variable, such as those of Windows.
  api.DisableTelemetryEvents(env);
  return {
    api,
    library,
    env,
    cpuMemory: api.CreateCpuMemoryInfo(deviceAllocator, defaultMemory),
    cpuAllocator: api.GetAllocatorWithDefaultOptions(),
    addressOf: (memory) => koffi.address(memory),
    viewAt: (address, bytes) => koffi.view(address, bytes) as ArrayBuffer,
    textAt: (address) => koffi.decode.string(address),
    pointerAt: (address, index) => BigInt(koffi.decode.uint64(address + BigInt(index * 8))),
  };
}
