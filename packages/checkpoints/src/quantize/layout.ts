// Where everything lies in the file of a quantised copy: a safetensors file that is laid out before a byte of it is known.
import {
  blockSize,
  numberOfElements,
  type QuantizedDType,
  type StorageDType,
  storageBytes,
} from '@maria/core';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { encodeSafetensorsHeader, type TensorFacts } from '../weights/write-safetensors.js';
import type { PlannedTensor } from './plan.js';
import { schemeVersions } from './scheme.js';
import type { QuantizedForm, TensorTask } from './tensor-task.js';

export interface CopyLayout {
  /** The start of the file. */
  readonly header: Uint8Array;
  /** Of the whole file. */
  readonly bytes: number;
  /** What fills the rest, the largest first. */
  readonly tasks: readonly TensorTask[];
}

/** A cache line: what the kernels read fastest from. Sizes of tensors are mostly multiples of it, so most tensors start at one. */
const alignment = 64;

const dtypeNames: Record<StorageDType, string> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

/** Names of the two tensors of the file that a quantised matrix becomes. */
export function quantizedNames(name: string, dtype: QuantizedDType): { data: string; scales: string } {
  return { data: `${name}.${dtype}`, scales: `${name}.scales` };
}

export function layOut(
  source: StoredTensors,
  plan: readonly PlannedTensor[],
  form: QuantizedForm,
): CopyLayout {
  const { scheme: dtype } = form;
  const facts: TensorFacts[] = [];
  const tasks: ((start: number) => TensorTask)[] = [];
  let end = 0;
  const place = (tensor: TensorFacts): number => {
    facts.push(tensor);
    end += tensor.length;
    return end - tensor.length;
  };
  // What is kept comes last, being the smallest.
  const sorted = [...plan].sort((a, b) => sizeOf(b) - sizeOf(a));
  for (const { name, from, shape, columns, axis } of sorted) {
    const stored = source.get(from)!;
    if (stored.location.kind !== 'file') throw new Error(`"${from}" is not in a file`);
    const origin = { name: from, ...stored.location, dtype: stored.dtype, shape: stored.shape };
    if (axis === undefined) {
      const { length } = stored.location;
      const at = place({ name, dtype: dtypeNames[stored.dtype], shape, length });
      tasks.push((start) => ({ kind: 'keep', source: origin, at: start + at, writes: [name] }));
      continue;
    }
    const [outputs, inputs] = [shape[1 - axis]!, shape[axis]!];
    const names = quantizedNames(name, dtype);
    const scaleShape = dtype === 'int8' ? [outputs] : [outputs, inputs / blockSize];
    const data = place(
      dtype === 'int8'
        ? { name: names.data, dtype: 'I8', shape: [inputs, outputs], length: inputs * outputs }
        : { name: names.data, dtype: 'U8', shape: [outputs, inputs / 2], length: (outputs * inputs) / 2 },
    );
    const scales = place({
      name: names.scales,
      dtype: 'F32',
      shape: scaleShape,
      length: numberOfElements(scaleShape) * storageBytes.float32,
    });
    tasks.push((start) => ({
      kind: 'quantize',
      source: origin,
      form,
      axis,
      ...(columns && { columns }),
      at: start + data,
      scalesAt: start + scales,
      writes: [names.data, names.scales],
    }));
  }
  const metadata = { format: 'maria-quantized', version: String(schemeVersions[dtype]) };
  const header = encodeSafetensorsHeader(facts, metadata, alignment);
  return {
    header,
    bytes: header.length + end,
    tasks: tasks.map((task) => task(header.length)),
  };
}

function sizeOf({ shape, axis }: PlannedTensor): number {
  return axis === undefined ? 0 : shape[0]! * shape[1]!;
}
