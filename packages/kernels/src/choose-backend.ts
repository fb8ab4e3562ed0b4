// Chooses what runs programs: ONNX Runtime through its C API, or where that fails through its Node binding; others by name.
import { type Backend, MariaError, referenceBackend, UsageError } from '@maria/core';
import { ortNodeBackend } from './ort/binding-backend.js';
import { ortBackend } from './ort/ort-backend.js';
import { loadRuntime } from './ort/runtime.js';
import { loadTfjs } from './tfjs/library.js';
import { tfjsBackend } from './tfjs/tfjs-backend.js';

/**
 * `tfjs` is TensorFlow.js on a CUDA GPU, through @tensorflow/tfjs-node-gpu, which the user installs. `reference` is the
 * plain TypeScript evaluation: slow, needs no native code.
 */
const backendChoices = ['auto', 'ort', 'ort-node', 'tfjs', 'reference'] as const;
export type BackendChoice = (typeof backendChoices)[number];

export interface ChooseBackendOptions {
  /** `auto` falls back from `ort` to `ort-node`, with a warning. @default 'auto' */
  backend?: BackendChoice;
  /** Threads that one op may use, of `ort` and `ort-node`. @default the physical cores that this process may run on */
  threads?: number;
  /** An ONNX Runtime library to load through the C API. @default the one in onnxruntime-node */
  libraryPath?: string;
  /** Hears why the C API cannot be used. At most one call. */
  onWarning?: (message: string) => void;
}

/**
 * A backend whose library is loaded.
 * @throws DeviceError when `ort` or `tfjs` was asked for and cannot be used; UsageError for a backend of another name
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<Backend> {
  const { backend = 'auto', threads, libraryPath, onWarning } = options;
  if (!backendChoices.includes(backend))
    throw new UsageError(
      'backend-unknown',
      `Cannot use the backend "${backend}": there is none of this name.`,
      {
        try: `Use one of ${backendChoices.join(', ')}.`,
      },
    );
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new UsageError(
      'threads-invalid',
      `Cannot use ${threads} threads: it must be a whole number from 1.`,
      { try: 'Leave it out: the physical cores that this process may use are taken.' },
    );
  const common = threads === undefined ? {} : { threads };
  if (backend === 'reference') return referenceBackend();
  if (backend === 'ort-node') return ortNodeBackend(common);
  if (backend === 'tfjs') {
    const tf = await loadTfjs();
    return tfjsBackend({ load: async () => tf });
  }
  try {
    await loadRuntime(libraryPath);
  } catch (error) {
    if (backend === 'ort' || !(error instanceof MariaError)) throw error;
    onWarning?.(`${error.message} Using the slower binding of onnxruntime-node.`);
    return ortNodeBackend(common);
  }
  return ortBackend({ ...common, ...(libraryPath !== undefined && { libraryPath }) });
}
