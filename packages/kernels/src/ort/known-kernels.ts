// Which kernels compute right where a program is to run, found out by computing some. Drivers and processors differ, and wrong numbers come without an error.
import {
  DeviceError,
  evaluate,
  float32,
  type Inputs,
  input,
  int32,
  isOp,
  ops,
  type Program,
  randomKey,
  type StateStorage,
  state,
  trace,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { deviceName, theCpu } from '../device.js';
import type { CpuKernels, DeviceKernels } from '../onnx/device-kernels.js';
import { int4Kernels } from './int4-rows.js';
import { loweredProgram } from './lowered-program.js';
import { createOrtExecutable } from './ort-executable.js';
import type { OrtRuntime } from './runtime.js';
import type { SessionOptions } from './session.js';

/** Attention of packed sequences, or over a cache of this storage. */
type Form = 'packed' | StateStorage;

const known = new Map<string, Promise<DeviceKernels>>();

/**
 * On the device of the options, for the attention of a program; on the CPU for its matrices of int4, undefined where it has none.
 * @throws DeviceError when no form of the attention is right there
 */
export function knownKernels(
  runtime: OrtRuntime,
  program: Program,
  weights: WeightSource,
  options: SessionOptions,
): Promise<CpuKernels | DeviceKernels> | undefined {
  const { device = theCpu } = options;
  if (device.kind === 'cpu') {
    const where = `${runtime.library.path} ${options.threads}`;
    return int4Kernels(program, weights, where, (lowered) => createOrtExecutable(runtime, lowered, options));
  }
  const form = formOf(program);
  const { kind } = device;
  const { dtype = 'float32' } = options;
  if (form === undefined) return Promise.resolve({ kind, fusesAttention: true, dtype });
  const key = `${deviceName(device)} ${form} ${dtype}`;
  let kernels = known.get(key);
  if (!kernels) {
    kernels = find(runtime, form, { kind, dtype }, options);
    known.set(key, kernels);
    kernels.catch(() => known.delete(key));
  }
  return kernels;
}

function formOf({ nodes }: Program): Form | undefined {
  for (const node of nodes) {
    if (isOp(node, ops.laneAttentionOp)) return node.attributes.storage;
    if (isOp(node, ops.packedAttentionOp) || isOp(node, ops.attentionOp)) return 'packed';
  }
  return undefined;
}

async function find(
  runtime: OrtRuntime,
  form: Form,
  common: Pick<DeviceKernels, 'kind' | 'dtype'>,
  options: SessionOptions,
): Promise<DeviceKernels> {
  for (const fusesAttention of [true, false]) {
    const kernels = { ...common, fusesAttention };
    if (await isRight(runtime, form, kernels, options)) return kernels;
  }
  throw new DeviceError(
    'device-wrong',
    `Cannot compute on ${deviceName(options.device ?? theCpu)}: its driver gives other numbers for attention than there are.`,
    { try: 'Update the driver of the graphics card, or compute on the CPU.' },
  );
}

const [heads, kvHeads, headSize] = [4, 4, 64];
/** From 32 on kernels take rows in tiles, and look at several ones of an own. */
const rows = 70;

/** Significant bits of a number: an operation errs by 2^-bits of its result at most. */
const significantBits: Readonly<Record<StateStorage | 'tf32', number>> = {
  float32: 24,
  tf32: 11,
  float16: 11,
  bfloat16: 8,
};

/** Exponentials of devices err by more than the last bit of float32. */
const leastTolerance = 1e-4;

/**
 * How far a result, a mean of numbers that are 1 or -1, may be off where the least exact of some types computes. Queries, keys and values, and with them
 * all scores, have no error in any of them (`inputsOf`). Exponential, probability, product and result err by 2^-bits each, and so does each addition of the
 * two sums, of the exponentials and of the products, which have as many as there are rows: in float16 0.07, in bfloat16 0.56.
 */
function toleranceOf(types: readonly (keyof typeof significantBits)[]): number {
  const bits = Math.min(...types.map((type) => significantBits[type]));
  return Math.max(leastTolerance, (4 + 2 * rows) * 2 ** -bits);
}

async function isRight(
  runtime: OrtRuntime,
  form: Form,
  kernels: DeviceKernels,
  options: SessionOptions,
): Promise<boolean> {
  const program = form === 'packed' ? packedProgram() : laneProgram(form);
  const weights = weightsInMemory({});
  const executable = await createOrtExecutable(runtime, loweredProgram(program, weights, kernels), options);
  try {
    const inputs = inputsOf(form);
    const { data } = (await executable.run(inputs)).y!;
    const expected = evaluate(program, inputs, weights).y!.data;
    const { dtype = 'float32' } = kernels;
    const tolerance = toleranceOf([
      dtype,
      form === 'packed' ? 'float32' : form,
      options.tf32 ? 'tf32' : 'float32',
    ]);
    return expected.every((value, i) => Math.abs(value - data[i]!) < tolerance);
  } catch (error) {
    throw error instanceof DeviceError && /requires f16/.test(error.message)
      ? withoutHalves(options, error)
      : error;
  } finally {
    executable.dispose();
  }
}

function withoutHalves({ device = theCpu, dtype }: SessionOptions, cause: DeviceError): DeviceError {
  if (dtype === 'float16')
    return new DeviceError(
      'dtype-unfit',
      `Cannot compute in float16 on "${deviceName(device)}": it has float32 only.`,
      { try: 'Compute in float32.', facts: { dtypes: ['float32'] }, cause },
    );
  return new DeviceError(
    'kv-cache-unsupported',
    `Cannot hold the KV cache as float16: the device "${deviceName(device)}" computes with float32 only.`,
    { try: 'Hold it as float32.', facts: { device: deviceName(device) }, cause },
  );
}

const given = (name: string, of: number) => input(name, [1, 'time', of * headSize]);
const queriesKeysAndValues = () => [given('q', heads), given('k', kvHeads), given('v', kvHeads)] as const;

function packedProgram(): Program {
  return trace({
    y: ops.packedAttention(...queriesKeysAndValues(), input('lengths', ['sequences'], 'int32'), { heads }),
  });
}

function laneProgram(storage: StateStorage): Program {
  const cache = (name: string) => state(name, [1, kvHeads, rows, headSize], storage);
  const caches = [cache('keys'), cache('values')] as const;
  return trace({
    y: ops.laneAttention(...queriesKeysAndValues(), ...caches, ops.laneSlots(), { heads, kvHeads }),
  });
}

/**
 * Signs, and each second row asks for its own key: its score is the square root of the head size, 8, and those of others are eighths of whole
 * numbers around 0, which all types have. So such a row is nearly its own value, and a wrong one is off by 1, not by the last bits. The others ask for
 * all keys alike: the first ones tell of a key too many or too few.
 */
function inputsOf(form: Form): Inputs {
  const signs = (of: number, seed: number, isGiven = (_row: number) => true) => {
    const random = randomKey(seed);
    const width = of * headSize;
    const data = Float32Array.from({ length: rows * width }, (_, i) => {
      if (!isGiven(Math.floor(i / width))) return 0;
      return random.uniform(i, 0) < 0.5 ? -1 : 1;
    });
    return float32(data, [1, rows, width]);
  };
  const sequences =
    form === 'packed' ? { lengths: int32([rows]) } : ops.slotInputs([{ rowCount: rows, pastLength: 0 }]);
  return {
    q: signs(heads, 1, (row) => row % 2 === 1),
    k: signs(kvHeads, 1),
    v: signs(kvHeads, 2),
    ...sequences,
  };
}
