// How a family gets its weights: by name and shape, checked against the checkpoint.
import { DataError } from '../errors.js';
import { quote } from '../quote.js';
import type { WeightSource } from '../tensor/backend.js';
import { weight } from '../tensor/leaves.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** How checkpoints of one family may spell the names of their tensors. */
export interface TensorNames {
  /** What may stand before a name: a model saved with its head puts the base model under `model.`, a base model does not. */
  readonly prefixes: readonly string[];
  /** What the names of the head begin with: it stands beside the base model, and nothing before its names. @default nothing */
  readonly head?: readonly string[];
  /** What the checkpoints call a tensor that `forward` knows by another name. @default the same */
  spelled?(name: string): string;
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
    return this.spellings(name)[0];
  }

  /** All names under which the checkpoint stores `name`, the one that counts first. */
  spellings(name: string): string[] {
    return [this.spelled(name), ...(this.names.alternatives?.(name) ?? [])]
      .flatMap((spelling) => this.names.prefixes.map((prefix) => prefix + spelling))
      .filter((full) => this.source.get(full) !== undefined);
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
    if (full === undefined) throw this.missing(name);
    const stored = this.source.get(full)!;
    if (stored.shape.length !== shape.length || stored.shape.some((dim, i) => dim !== shape[i]))
      throw new DataError(
        'tensor-shape',
        `Cannot load the model: tensor ${quote(full)} is ${formatShape(stored.shape)}, config.json asks for ${formatShape(shape)}.`,
        { try: 'Check that config.json belongs to these weights.' },
      );
    return this.make(full, shape);
  }

  /** `name` as this checkpoint would spell it, if it had it. */
  spell(known: string): string {
    const name = this.spelled(known);
    if (this.names.head?.some((part) => name.startsWith(`${part}.`))) return name;
    const { prefixes } = this.names;
    const names = [...this.source.names()];
    const isUsed = (prefix: string) => prefix !== '' && names.some((one) => one.startsWith(prefix));
    return (prefixes.find(isUsed) ?? (names.length > 0 && prefixes.includes('') ? '' : prefixes[0])) + name;
  }

  private spelled(name: string): string {
    return this.names.spelled?.(name) ?? name;
  }

  private missing(name: string): DataError {
    const near = nearNames(this.spelled(name), this.source.names()).map(quote);
    const others = near.length === 0 ? '' : ` (it has ${near.join(', ')})`;
    return new DataError(
      'tensor-missing',
      `Cannot load the model: the checkpoint has no tensor ${quote(this.spell(name))}${others}.`,
      { try: 'Check that config.json belongs to these weights.' },
    );
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

/** Most names that an error shows. */
const shown = 3;

/** Names that end as `name` does, the most alike first: another layer's tensor, or the same one under another prefix. */
function nearNames(name: string, all: Iterable<string>): string[] {
  const wanted = name.split('.').reverse();
  const likeness = (other: string) => {
    const parts = other.split('.').reverse();
    const first = wanted.findIndex((part, i) => part !== parts[i]);
    return first === -1 ? wanted.length : first;
  };
  return [...all]
    .map((other) => ({ other, alike: likeness(other) }))
    .filter(({ alike }) => alike >= Math.min(2, wanted.length))
    .sort((a, b) => b.alike - a.alike)
    .slice(0, shown)
    .map(({ other }) => other);
}
