// The one table of backends: what each is called and can do, and how it is opened. Importing it loads no other file.
import type { Backend, StateStorage } from '@maria/core';
import type { Device, DeviceDType, DeviceKind } from './device.js';

export interface OpenOptions {
  /** Threads that one op may use, of `ort` and `ort-node`. @default the physical cores that this process may run on */
  readonly threads?: number | undefined;
  /** An ONNX Runtime library to load through the C API. @default the one in onnxruntime-node */
  readonly libraryPath?: string | undefined;
  /** Where it computes. @default the first of its row */
  readonly device?: Device | undefined;
  /** What it computes in, on a device of `ort` other than the CPU. @default 'float32' */
  readonly dtype?: DeviceDType | undefined;
  /** Most bytes of a CUDA GPU that a session takes, of `ort`. @default all */
  readonly gpuMemory?: number | undefined;
  /** Hears what the user should know of the device. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Whether products on a CUDA GPU may round their factors to TF32, of `ort`. @default false */
  readonly tf32?: boolean | undefined;
}

interface Row {
  /** Completes "Using …". */
  readonly description: string;
  /** What `auto` takes, in the order of the table: all that the installation has for every machine. */
  readonly auto: boolean;
  /** Devices that it can compute on, if it was built for them and the machine has them; `auto` is the first. */
  readonly devices: readonly [DeviceKind, ...DeviceKind[]];
  /** How it can hold a state, which is to say the KV cache, on its first device. */
  readonly stateStorages: readonly StateStorage[];
  /** The backend with its library loaded. @throws DeviceError when it cannot be used */
  open(options: OpenOptions): Promise<Backend>;
}

/** A backend is a row here, and a folder with the file that the row opens. */
const table = {
  ort: {
    description: 'ONNX Runtime through its C API',
    auto: true,
    devices: ['cpu', 'cuda', 'webgpu'],
    stateStorages: ['float32', 'float16'],
    open: async (options) => (await import('./ort/ort-backend.js')).openOrt(options),
  },
  'ort-node': {
    description: 'the slower binding of onnxruntime-node',
    auto: true,
    devices: ['cpu'],
    stateStorages: ['float32'],
    open: async (options) => (await import('./ort/binding-backend.js')).ortNodeBackend(options),
  },
  /** With @tensorflow/tfjs-node-gpu, which the user installs. */
  tfjs: {
    description: 'TensorFlow.js on a CUDA GPU',
    auto: false,
    devices: ['cuda'],
    stateStorages: ['float32'],
    open: async (options) => (await import('./tfjs/tfjs-backend.js')).openTfjs(options),
  },
  /** Slow, and needs no native code. It rounds what it holds as float16 or bfloat16. */
  reference: {
    description: 'the plain evaluation',
    auto: false,
    devices: ['cpu'],
    stateStorages: ['float32', 'float16', 'bfloat16'],
    open: async () => (await import('@maria/core')).referenceBackend(),
  },
} as const satisfies Readonly<Record<string, Row>>;

export type BackendName = keyof typeof table;
/** `auto` is the first backend that works here, of those that need nothing to be installed. */
export type BackendChoice = 'auto' | BackendName;

export const backends: Readonly<Record<BackendName, Row>> = table;
export const backendNames = Object.keys(table) as BackendName[];
export const backendChoices: readonly BackendChoice[] = ['auto', ...backendNames];
/** In order of preference. */
export const autoBackends: readonly BackendName[] = backendNames.filter((name) => backends[name].auto);
export const stateStorages: readonly StateStorage[] = ['float32', 'float16', 'bfloat16'];
