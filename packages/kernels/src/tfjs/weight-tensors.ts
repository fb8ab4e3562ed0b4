// The weights of programs on the device: a tensor of a file is there once, however many executables use it.
import {
  formatShape,
  isQuantized,
  numberOfElements,
  type WeightAttributes,
  type WeightSource,
} from '@maria/core';
import type { Tfjs, TfTensor } from './library.js';

interface Shared {
  readonly tensor: TfTensor;
  users: number;
}

export interface HeldWeight {
  readonly tensor: TfTensor;
  /** Frees the tensor when nobody else holds it. */
  release(): void;
}

export class WeightTensors {
  readonly #tf: Tfjs;
  readonly #shared = new Map<string, Shared>();

  constructor(tf: Tfjs) {
    this.#tf = tf;
  }

  /** The weight as float32. @throws what the source throws when it cannot be read */
  hold(source: WeightSource, attributes: WeightAttributes): HeldWeight {
    const key = keyInFile(source, attributes);
    if (key === undefined) {
      const tensor = this.#upload(source, attributes);
      return { tensor, release: () => tensor.dispose() };
    }
    const shared = this.#shared.get(key) ?? { tensor: this.#upload(source, attributes), users: 0 };
    shared.users++;
    this.#shared.set(key, shared);
    return {
      tensor: shared.tensor,
      release: () => {
        shared.users--;
        if (shared.users > 0) return;
        this.#shared.delete(key);
        shared.tensor.dispose();
      },
    };
  }

  #upload(source: WeightSource, { name, shape }: WeightAttributes): TfTensor {
    const tf = this.#tf;
    const data = source.read(name, numberOfElements(shape));
    // A product, because the library keeps the array of a tensor until the first op reads it.
    return tf.tidy(() => tf.mul(tf.tensor(data, [...shape], 'float32'), 1));
  }
}

/** What identifies rows of a stored tensor; undefined for weights in memory, which their owner may change. */
function keyInFile(source: WeightSource, { name, shape }: WeightAttributes): string | undefined {
  const stored = source.get(name);
  if (!stored || isQuantized(stored) || stored.location.kind !== 'file') return undefined;
  const { file, offset } = stored.location;
  return `${file} ${offset} ${stored.dtype} ${formatShape(shape)}`;
}
