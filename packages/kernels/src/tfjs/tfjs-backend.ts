// The backend `tfjs`: programs on TensorFlow.js, which computes with CUDA where @tensorflow/tfjs-node-gpu is installed.
import type { Backend } from '@maria/core';
import { type Device, deviceName } from '../device.js';
import { refuseStorages } from '../run/refuse-storages.js';
import { loadTfjs, type Tfjs } from './library.js';
import { TfjsExecutable } from './run.js';
import { WeightTensors } from './weight-tensors.js';

export interface TfjsBackendOptions {
  /** @default the first GPU */
  device?: Device | undefined;
  /** Gives the library, with the backend that computes set. @default @tensorflow/tfjs-node-gpu on a GPU */
  load?: () => Promise<Tfjs>;
}

export interface OpenTfjsOptions extends Pick<TfjsBackendOptions, 'device'> {
  /** Hears what takes long on the machine's card. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const firstGpu: Device = { kind: 'cuda', index: 0 };

/** @throws DeviceError when the library cannot be loaded or finds no GPU */
export async function openTfjs({ device = firstGpu, onWarning }: OpenTfjsOptions): Promise<Backend> {
  const tf = await loadTfjs(device.index, { onWarning });
  return tfjsBackend({ device, load: async () => tf });
}

/**
 * Nothing is loaded before the first `compile`. All runs are on the JavaScript thread, and the event loop turns between
 * the ops of a run. Variables stay in the caller's memory: each run copies them to the device and back.
 * @throws DeviceError from `compile` when the library cannot be loaded or finds no GPU, or for state that is held as float16
 */
export function tfjsBackend({
  device = firstGpu,
  load = () => loadTfjs(device.index),
}: TfjsBackendOptions = {}): Backend {
  let loaded: Promise<{ tf: Tfjs; weightTensors: WeightTensors }> | undefined;
  return {
    name: 'tfjs',
    device: deviceName(device),
    async compile(program, weights, variables = {}) {
      refuseStorages(program, ['float32'], 'the backend "tfjs"');
      loaded ??= load().then((tf) => ({ tf, weightTensors: new WeightTensors(tf) }));
      const { tf, weightTensors } = await loaded;
      return new TfjsExecutable(tf, program, weights, weightTensors, variables);
    },
  };
}
