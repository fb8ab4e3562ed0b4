// A folder for weights that live as long as a benchmark.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@maria/checkpoints';
import { type WeightSource, weightsInMemory } from '@maria/core';
import { type TensorShape, writeRandomSafetensors } from './random-safetensors.js';

export class Scratch {
  readonly #folder: string;
  #files = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** An empty folder among the system's temporary ones. `remove` it. */
  static async create(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'maria-bench-')));
  }

  /** Random float32 weights in a file of their own, from which they are mapped as a checkpoint's are. */
  async weights(tensors: readonly TensorShape[], deviation: number): Promise<WeightSource> {
    if (tensors.length === 0) return weightsInMemory({});
    const file = join(this.#folder, `${this.#files++}.safetensors`);
    await writeRandomSafetensors(file, tensors, { deviation, dtype: 'float32' });
    return openSafetensors(file);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
