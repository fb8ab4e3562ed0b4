// A quantised copy of a checkpoint's weights, as a source of weights under the checkpoint's own names.
import { join } from 'node:path';
import {
  blockSize,
  DataError,
  dequantizeBlocks,
  dequantizeChannels,
  numberOfElements,
  type QuantizedTensor,
  type StoredTensor,
  type WeightLocation,
  type WeightSource,
} from '@maria/core';
import { openSafetensors, type SafetensorsFile } from '../weights/safetensors.js';
import { quantizedNames } from './layout.js';
import { type Manifest, weightsName } from './manifest.js';

export interface QuantizedCopy extends WeightSource {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly file: SafetensorsFile;
}

/** @throws DataError if the file is missing, damaged, or not what the manifest says */
export function openCopy(folder: string, manifest: Manifest): QuantizedCopy {
  const file = openSafetensors(join(folder, weightsName));
  const names = ({ name }: { name: string }) => quantizedNames(name, manifest.scheme);
  const quantized = new Map<string, QuantizedTensor>();
  for (const [name, { shape, axis }] of Object.entries(manifest.quantized)) {
    const { data, scales } = names({ name });
    const facts = { name, shape, axis, data: locationOf(file, data), scales: locationOf(file, scales) };
    quantized.set(
      name,
      manifest.scheme === 'int4'
        ? { ...facts, dtype: 'int4', blockSize }
        : {
            ...facts,
            dtype: 'int8',
            read: () => ({ integers: new Int8Array(file.bytes(data).buffer), scales: file.read(scales) }),
          },
    );
  }
  const get = (name: string): StoredTensor | QuantizedTensor | undefined =>
    quantized.get(name) ?? file.get(name);
  return {
    folder,
    manifest,
    file,
    get,
    names: () => [...quantized.keys(), ...[...file.names()].filter((name) => !isScales(name, quantized))],
    read: (name, length) => {
      const tensor = quantized.get(name);
      if (!tensor) return file.read(name, length);
      return dequantized(tensor, file, names(tensor)).subarray(0, length);
    },
  };
}

function isScales(name: string, quantized: ReadonlyMap<string, QuantizedTensor>): boolean {
  return name.endsWith('.scales') && quantized.has(name.slice(0, -'.scales'.length));
}

function locationOf(file: SafetensorsFile, name: string): WeightLocation {
  const entry = file.entries.get(name);
  if (!entry)
    throw new DataError(
      'missing-tensor',
      `Cannot read ${file.file}: it lacks "${name}", which its manifest lists.`,
      {
        try: 'Remove the quantised copy: it is made anew.',
        facts: { copy: file.file },
      },
    );
  return { kind: 'file', file: entry.file, offset: entry.offset, length: entry.length };
}

function dequantized(
  tensor: QuantizedTensor,
  file: SafetensorsFile,
  { data, scales }: ReturnType<typeof quantizedNames>,
): Float32Array {
  const { shape, axis } = tensor;
  if (tensor.dtype === 'int8') return dequantizeChannels(tensor.read(), axis);
  const values = new Float32Array(numberOfElements(shape));
  dequantizeBlocks(file.bytes(data), file.read(scales), values);
  return axis === 1 ? values : transpose(values, shape);
}

/** From [columns, rows] to [rows, columns]. */
function transpose(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const result = new Float32Array(values.length);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) result[row * columns + column] = values[column * rows + row]!;
  return result;
}
