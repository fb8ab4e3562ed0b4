// How a family gets its weights: by name and shape, checked against the checkpoint.
import { DataError } from '../errors.js';
import type { WeightSource } from '../tensor/backend.js';
import { weight } from '../tensor/leaves.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** Prefixes of backbone tensors: models with a head put them under `model.`, base models do not. */
export const modelPrefixes = ['model.', ''] as const;

export class Weights {
  private readonly made = new Map<string, Tensor>();

  /**
   * @param prefixes what may stand before a name in this checkpoint, for example `model.` and nothing:
   * base models and models with a head are saved with different prefixes.
   */
  constructor(
    private readonly source: WeightSource,
    private readonly prefixes: readonly string[] = [''],
  ) {}

  /** The name under which the checkpoint stores `name`, or undefined. */
  resolve(name: string): string | undefined {
    return this.prefixes.map((prefix) => prefix + name).find((full) => this.source.get(full) !== undefined);
  }

  has(name: string): boolean {
    return this.resolve(name) !== undefined;
  }

  /**
   * The tensor `name` of exactly this shape; the same tensor for the same name.
   * @throws DataError if it is missing or has another shape
   */
  get(name: string, shape: readonly number[]): Tensor {
    const full = this.resolve(name);
    if (full === undefined)
      throw new DataError('tensor-missing', `Cannot load the model: the checkpoint has no tensor "${this.prefixes[0]}${name}".`, {
        try: 'Check that config.json belongs to these weights.',
      });
    const stored = this.source.get(full)!;
    if (stored.shape.length !== shape.length || stored.shape.some((dim, i) => dim !== shape[i]))
      throw new DataError(
        'tensor-shape',
        `Cannot load the model: tensor "${full}" is ${formatShape(stored.shape)}, config.json asks for ${formatShape(shape)}.`,
        { try: 'Check that config.json belongs to these weights.' },
      );
    return this.make(full, shape);
  }

  private make(full: string, shape: readonly number[]): Tensor {
    let tensor = this.made.get(full);
    if (!tensor) {
      tensor = weight(full, shape);
      this.made.set(full, tensor);
    }
    return tensor;
  }
}
