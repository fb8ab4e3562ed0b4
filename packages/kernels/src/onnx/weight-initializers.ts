// The weights of a program as initializers: pointers into checkpoint files, or bytes in the model itself.
import {
  type BlockQuantizedTensor,
  type ChannelQuantizedTensor,
  DataError,
  formatShape,
  isQuantized,
  numberOfElements,
  type QuantizedTensor,
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

/** An int4 matrix as two initializers, seen as [rows, columns] with the blocks along the columns. */
export interface BlockInitializer {
  /** uint8, in the shape that was asked for. */
  readonly data: string;
  /** float32 [rows, columns / blockSize] */
  readonly scales: string;
  readonly rows: number;
  readonly columns: number;
  readonly blockSize: number;
}

/** An int8 matrix as two initializers. */
export interface ChannelInitializer {
  /** int8 [inputs, outputs] */
  readonly data: string;
  /** float32 [outputs] */
  readonly scales: string;
  readonly inputs: number;
  /** All that are stored: the program may ask for the first ones only. */
  readonly outputs: number;
}

/** How a kernel wants the bytes: in rows [rows, bytes], or in rows of blocks [rows, blocks, bytes]. */
export type BlockForm = 'rows' | 'blocks';

/** A protobuf message holds less than 2 GiB; the rest of the model is far below this margin. */
const maxInlineBytes = 2 ** 31 - 2 ** 26;

export class WeightInitializers {
  readonly #graph: GraphBuilder;
  readonly #source: WeightSource;
  readonly #files: ExternalFiles;
  readonly #stored = new Map<string, StoredInitializer>();
  readonly #converted = new Map<string, string>();
  readonly #blocks = new Map<string, BlockInitializer>();
  readonly #channels = new Map<string, ChannelInitializer>();
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
      converted = this.#graph.exactly(true, () =>
        this.#graph.addNode('Cast', [name], { to: { int: ElementType.float32 } }),
      );
      this.#converted.set(name, converted);
    }
    return converted;
  }

  /** The weight where it is int4 with its blocks along `axis`, or undefined. */
  blocks(
    { name, shape }: WeightAttributes,
    axis: QuantizedTensor['axis'],
    form: BlockForm,
  ): BlockInitializer | undefined {
    const tensor = this.#find({ name, shape });
    if (!isQuantized(tensor) || tensor.dtype !== 'int4' || tensor.axis !== axis) return undefined;
    const key = `${name} ${formatShape(shape)} ${form}`;
    let initializer = this.#blocks.get(key);
    if (!initializer) {
      initializer = this.#addBlocks(tensor, shape, form);
      this.#blocks.set(key, initializer);
    }
    return initializer;
  }

  /** The weight where it is int8 with its inputs along `axis`, or undefined. */
  channels(attributes: WeightAttributes, axis: QuantizedTensor['axis']): ChannelInitializer | undefined {
    const tensor = this.#find(attributes);
    if (!isQuantized(tensor) || tensor.dtype !== 'int8' || tensor.axis !== axis) return undefined;
    let initializer = this.#channels.get(attributes.name);
    if (!initializer) {
      initializer = this.#addChannels(tensor);
      this.#channels.set(attributes.name, initializer);
    }
    return initializer;
  }

  #addChannels({ name, shape, axis, data, scales }: ChannelQuantizedTensor): ChannelInitializer {
    const [inputs, outputs] = [shape[axis], shape[1 - axis]!];
    const integers = this.#contentsOf(name, data, inputs * outputs);
    const factors = this.#contentsOf(name, scales, outputs * storageBytes.float32);
    return {
      data: this.#graph.addInitializer(`${name}.int8`, 'int8', [inputs, outputs], integers),
      scales: this.#graph.addInitializer(`${name}.scales`, 'float32', [outputs], factors),
      inputs,
      outputs,
    };
  }

  #addBlocks(tensor: BlockQuantizedTensor, shape: readonly number[], form: BlockForm): BlockInitializer {
    const { name, axis, blockSize } = tensor;
    const [rows, columns] = [shape[1 - axis]!, shape[axis]!];
    if (columns !== tensor.shape[axis])
      throw new Error(
        `"${name}" has ${tensor.shape[axis]} elements along its blocks, and ${columns} are asked for`,
      );
    const blocks = columns / blockSize;
    const rowBytes = columns / 2;
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
