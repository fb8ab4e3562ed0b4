// What the lowering knows of the kernels that a graph is for, and for a device other than the CPU which nodes are left to the CPU.
import {
  constantOp,
  inputOp,
  isOp,
  ops,
  type Program,
  type StateStorage,
  stateOp,
  type Tensor,
  variableOp,
  weightOp,
} from '@maria/core';
import type { DeviceDType, DeviceKind } from '../device.js';

/** What the lowering has to know of the kernels of the CPU. */
export interface CpuKernels {
  readonly kind: 'cpu';
  /** Whether products of int4 give a row the same bits by itself as beside others. @default false, which is right for any */
  readonly int4IsExact?: boolean;
}

/** The same of another device. */
export interface DeviceKernels {
  readonly kind: Exclude<DeviceKind, 'cpu'>;
  /** Whether the kernels that fuse attention give right numbers there: with some drivers they do not. */
  readonly fusesAttention: boolean;
  /** What it computes in. @default 'float32' */
  readonly dtype?: DeviceDType;
}

/** Whether GroupQueryAttention takes caches of this type there. That of CUDA computes in types of 16 bits only. */
function hasCacheKernel({ kind }: DeviceKernels, storage: StateStorage): boolean {
  return kind !== 'cuda' || storage !== 'float32';
}

/**
 * Whether attention over such a cache is computed step by step there, or may turn out to be: which form a driver of WebGPU computes right is
 * known when the device is used. The kernel of WebGPU does not know of a softcap, and takes no note of one.
 */
export function mayAttendInSteps(
  kind: DeviceKernels['kind'],
  { storage, softcap }: Pick<ops.LaneAttentionAttributes, 'storage' | 'softcap'>,
): boolean {
  return kind === 'webgpu' || attendsInSteps({ kind, fusesAttention: true }, { storage, softcap });
}

/** Whether it is, with these kernels. */
export function attendsInSteps(
  device: DeviceKernels,
  { storage, softcap }: Pick<ops.LaneAttentionAttributes, 'storage' | 'softcap'>,
): boolean {
  return !device.fusesAttention || softcap !== undefined || !hasCacheKernel(device, storage);
}

/** Begins the names of nodes that the CPU computes: lengths, from which the library makes shapes, and rotations. */
export const onCpu = 'cpu/';

/**
 * The cosines and sines of positions and amounts of noise, and what they are computed from: a few numbers a row. The language of WebGPU promises 11 bits
 * of a cosine, and only for angles below a turn.
 */
export function rotationsOf(program: Program): ReadonlySet<Tensor> {
  const ofPositions = ofPositionsOf(program);
  const rotations = new Set<Tensor>();
  for (const node of program.nodes.toReversed()) {
    const isRotation = isOp(node, ops.cosOp) || isOp(node, ops.sinOp);
    if (isRotation && ofPositions.has(node)) rotations.add(node);
    if (rotations.has(node)) for (const from of node.inputs) rotations.add(from);
  }
  return rotations;
}

/**
 * What is computed from integers and single numbers alone: positions, which windows see what, angles, an amount of noise. Integers above
 * 2048 are none in float16.
 */
export function ofPositionsOf(program: Program): ReadonlySet<Tensor> {
  const ofPositions = new Set<Tensor>();
  for (const node of program.nodes) if (isOfPositions(node, ofPositions)) ofPositions.add(node);
  return ofPositions;
}

/** What is asked for in float32 whatever the rest is computed in. */
export function exactOf(program: Program): ReadonlySet<Tensor> {
  const exact = new Set<Tensor>();
  for (const node of program.nodes)
    if (isOp(node, ops.exactOp) || node.inputs.some((from) => exact.has(from))) exact.add(node);
  return exact;
}

function isOfPositions(node: Tensor, known: ReadonlySet<Tensor>): boolean {
  if (isOp(node, inputOp)) return node.dtype !== 'float32' || node.shape.every((length) => length === 1);
  if (isOp(node, weightOp) || isOp(node, stateOp) || isOp(node, variableOp)) return false;
  return isOp(node, constantOp) || node.inputs.every((from) => known.has(from));
}
