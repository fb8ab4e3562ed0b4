// How a family gets its weights: by name and shape, checked against the checkpoint.
import { DataError } from '../errors.js';
import type { WeightSource } from '../tensor/backend.js';
import { weight } from '../tensor/leaves.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** How checkpoints of one family may spell the names of their tensors. */
export interface TensorNames {
  /** What may stand before a name: a model saved with its head puts the base model under `model.`, a base model does not. */
  readonly prefixes: readonly string[];
  /** Other names of the same tensor, in the order in which they are tried after `name` itself. */
  alternatives?(name: string): readonly string[];
}

export class Weights {
  private readonly made = new Map<string, Tensor>();

  constructor(
    private readonly source: WeightSource,
    private readonly names: TensorNames = { prefixes: [''] },
  ) {}

  /** The name under which the checkpoint stores `name`, or undefined. */
  resolve(name: string): string | undefined {
    for (const spelling of [name, ...(this.names.alternatives?.(name) ?? [])])
      for (const prefix of this.names.prefixes)
        if (this.source.get(prefix + spelling) !== undefined) return prefix + spelling;
    return undefined;
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
      throw new DataError(
        'tensor-missing',
        `Cannot load the model: the checkpoint has no tensor "${this.names.prefixes[0]}${name}".`,
        { try: 'Check that config.json belongs to these weights.' },
      );
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
