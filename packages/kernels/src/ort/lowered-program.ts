// A program as ONNX graphs, one for each number of sequences that it runs with at once.
import {
  isOp,
  isQuantized,
  numberOfElements,
  ops,
  type Program,
  type WeightSource,
  weightOp,
} from '@maria/core';
import type { CpuKernels, DeviceKernels } from '../onnx/device-kernels.js';
import { lower } from '../onnx/lower.js';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import { type CacheUse, cacheUseOf, type PackedUse, packedUseOf, tableRowsOf } from '../run/check-inputs.js';

export interface LoweredProgram {
  /** Numbers of slots for sequences, ascending: each slot costs time in every run. */
  readonly slotSizes: readonly number[];
  lower(slots: number): LoweredGraph;
  readonly cacheUse?: CacheUse | undefined;
  readonly packedUse?: PackedUse | undefined;
  /** How many rows there are in the table that an input picks rows of. */
  readonly tableRows: ReadonlyMap<string, number>;
}

/** @param kernels of the device that it is for; without them the CPU's @throws Error if layers use KV caches differently */
export function loweredProgram(
  program: Program,
  weights: WeightSource,
  kernels?: CpuKernels | DeviceKernels,
): LoweredProgram {
  const [cacheUse, packedUse] = [cacheUseOf(program), packedUseOf(program)];
  const bytes = heldBytes(program, weights);
  return {
    slotSizes: packedUse ? packedSlotSizes(bytes) : slotSizes(bytes, cacheUse?.lanes ?? 1),
    lower: (slots) => lower(program, weights, slots, kernels),
    cacheUse,
    packedUse,
    tableRows: tableRowsOf(program),
  };
}

/** The fewest slots that are enough. */
export function sizeFor({ slotSizes }: LoweredProgram, sequences: number): number {
  return slotSizes.find((size) => size >= sequences)!;
}

/** Sessions do not share weights that they have brought into form: a model of more bytes of them has one session. */
const mostBytesOfMany = 64 * 2 ** 20;

/**
 * Numbers of slots that a program is lowered with, ascending: one for each lane, and for a small model powers of two below
 * that, so that few sequences do not pay for idle slots. There is a session for each.
 */
export function slotSizes(weightBytes: number, lanes: number): readonly number[] {
  const sizes: number[] = [];
  if (weightBytes <= mostBytesOfMany) for (let size = 1; size < lanes; size *= 2) sizes.push(size);
  return [...sizes, lanes];
}

/** Of a small model that packs sequences. Idle slots cost less than it takes to make more sessions. */
const packedSizes = [1, 8];

/**
 * The same of a program that packs sequences without caches. A large model has one slot: its arithmetic takes the time, and a
 * run of several sequences would only take more memory.
 */
export function packedSlotSizes(weightBytes: number): readonly number[] {
  return weightBytes <= mostBytesOfMany ? packedSizes : [1];
}

/** Tables of embeddings stay in their files. */
function heldBytes(program: Program, weights: WeightSource): number {
  const held = new Set(
    program.nodes
      .flatMap((node) => (isOp(node, ops.embeddingOp) ? [] : node.inputs))
      .filter((x) => isOp(x, weightOp)),
  );
  return [...held].reduce((total, { attributes: { name, shape } }) => {
    const stored = weights.get(name);
    const bytes =
      stored && isQuantized(stored) ? (stored.dtype === 'int4' ? 0.5 : 1) : Float32Array.BYTES_PER_ELEMENT;
    return total + numberOfElements(shape) * bytes;
  }, 0);
}
