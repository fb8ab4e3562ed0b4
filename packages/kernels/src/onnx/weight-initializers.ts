// The weights of a program as initializers: pointers into checkpoint files, or bytes in the model itself.
import {
  DataError,
  formatShape,
  isQuantized,
  numberOfElements,
  type QuantizedTensor,
  quantizedBits,
  type StorageDType,
  type StoredTensor,
  sameShape,
  storageBytes,
  type Tensor,
  type WeightAttributes,
  type WeightLocation,
  type WeightSource,
} from '@maria/core';
import { ExternalFiles } from './external-files.js';
import type { GraphBuilder } from './graph.js';
import { ElementType, type TensorContents } from './proto.js';

export interface StoredInitializer {
  readonly name: string;
  /** The type in which the checkpoint stores it; anything but float32 has to be converted. */
  readonly type: StorageDType;
}

/** A quantised matrix as two initializers, seen as [rows, columns] with the blocks along the columns. */
export interface QuantizedInitializer {
  /** uint8, in the shape that was asked for. */
  readonly data: string;
  /** float32 [rows, columns / blockSize] */
  readonly scales: string;
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  readonly blockSize: number;
}

/** How a kernel wants the bytes: in rows [rows, bytes], or in rows of blocks [rows, blocks, bytes]. */
export type QuantizedForm = 'rows' | 'blocks';

/** A protobuf message holds less than 2 GiB; the rest of the model is far below this margin. */
const maxInlineBytes = 2 ** 31 - 2 ** 26;

export class WeightInitializers {
  readonly #graph: GraphBuilder;
  readonly #source: WeightSource;
  readonly #files: ExternalFiles;
  readonly #stored = new Map<string, StoredInitializer>();
  readonly #converted = new Map<string, string>();
  readonly #quantized = new Map<string, QuantizedInitializer>();
  #inlineBytes = 0;

  /** @throws DataError when the source lacks one of the weights */
  constructor(graph: GraphBuilder, source: WeightSource, weights: readonly Tensor<WeightAttributes>[]) {
    this.#graph = graph;
    this.#source = source;
    const locations = weights.flatMap(({ attributes }) => locationsOf(this.#find(attributes)));
    this.#files = new ExternalFiles(
      locations.flatMap((location) => (location.kind === 'file' ? [location.file] : [])),
    );
  }

  get folder(): string | undefined {
    return this.#files.folder;
  }

  /** The initializer of a weight as it is stored; one for all nodes that use the same rows of the same tensor. */
  stored({ name, shape }: WeightAttributes): StoredInitializer {
    const key = `${name} ${formatShape(shape)}`;
    let initializer = this.#stored.get(key);
    if (!initializer) {
      const tensor = this.#find({ name, shape });
      if (isQuantized(tensor))
        throw new Error(`"${name}" is quantised along axis ${tensor.axis}, and no kernel reads it so here`);
      const length = numberOfElements(shape) * storageBytes[tensor.dtype];
      const contents = this.#contentsOf(name, tensor.location, length);
      initializer = {
        name: this.#graph.addInitializer(name, tensor.dtype, shape, contents),
        type: tensor.dtype,
      };
      this.#stored.set(key, initializer);
    }
    return initializer;
  }

  /** The weight as float32. The conversion of an initializer is computed once, when the session loads. */
  float32(attributes: WeightAttributes): string {
    const { name, type } = this.stored(attributes);
    if (type === 'float32') return name;
    let converted = this.#converted.get(name);
    if (converted === undefined) {
      converted = this.#graph.addNode('Cast', [name], { to: { int: ElementType.float32 } });
      this.#converted.set(name, converted);
    }
    return converted;
  }

  /** The weight where it is quantised with its blocks along `axis`, or undefined. */
  quantized(
    { name, shape }: WeightAttributes,
    axis: QuantizedTensor['axis'],
    form: QuantizedForm,
  ): QuantizedInitializer | undefined {
    const tensor = this.#find({ name, shape });
    if (!isQuantized(tensor) || tensor.axis !== axis) return undefined;
    const key = `${name} ${formatShape(shape)} ${form}`;
    let initializer = this.#quantized.get(key);
    if (!initializer) {
      initializer = this.#addQuantized(tensor, shape, form);
      this.#quantized.set(key, initializer);
    }
    return initializer;
  }

  #addQuantized(
    tensor: QuantizedTensor,
    shape: readonly number[],
    form: QuantizedForm,
  ): QuantizedInitializer {
    const { name, axis, blockSize } = tensor;
    const bits = quantizedBits[tensor.dtype];
    const [rows, columns] = [shape[1 - axis]!, shape[axis]!];
    if (columns !== tensor.shape[axis])
      throw new Error(
        `"${name}" has ${tensor.shape[axis]} elements along its blocks, and ${columns} are asked for`,
      );
    const blocks = columns / blockSize;
    const rowBytes = (columns * bits) / 8;
    const add = (
      kind: string,
      type: 'uint8' | 'float32',
      location: WeightLocation,
      dims: number[],
      bytes: number,
    ) => this.#graph.addInitializer(`${name}.${kind}`, type, dims, this.#contentsOf(name, location, bytes));
    return {
      data: add(
        form,
        'uint8',
        tensor.data,
        form === 'rows' ? [rows, rowBytes] : [rows, blocks, rowBytes / blocks],
        rows * rowBytes,
      ),
      scales: add('scales', 'float32', tensor.scales, [rows, blocks], rows * blocks * storageBytes.float32),
      rows,
      columns,
      bits,
      blockSize,
    };
  }

  #find({ name, shape }: WeightAttributes): StoredTensor | QuantizedTensor {
    const tensor = this.#source.get(name);
    if (!tensor)
      throw new DataError('tensor-missing', `Cannot load the weights: there is no tensor "${name}".`);
    const rowsFit = tensor.shape.length === 0 || (shape[0] ?? Infinity) <= tensor.shape[0]!;
    if (!rowsFit || !sameShape(tensor.shape.slice(1), shape.slice(1)) || tensor.shape.length !== shape.length)
      throw new DataError(
        'tensor-shape',
        `Cannot load the weights: tensor "${name}" is ${formatShape(tensor.shape)}, the program asks for ${formatShape(shape)}.`,
      );
    return tensor;
  }

  #contentsOf(name: string, location: WeightLocation, length: number): TensorContents {
    if (location.kind === 'file')
      return { file: this.#files.nameOf(location.file), offset: location.offset, length };
    this.#inlineBytes += length;
    if (this.#inlineBytes > maxInlineBytes)
      throw new DataError(
        'weights-too-large',
        `Cannot load the weights: "${name}" brings those held in memory to ${this.#inlineBytes} bytes, ONNX takes ${maxInlineBytes}.`,
        { try: 'Save the weights to a .safetensors file and load them from there.' },
      );
    return { raw: location.bytes.subarray(0, length) };
  }
}

function locationsOf(tensor: StoredTensor | QuantizedTensor): readonly WeightLocation[] {
  return isQuantized(tensor) ? [tensor.data, tensor.scales] : [tensor.location];
}
