// What normalises logits: the largest of a vocabulary, and the sum of exp(logit - max). In WebAssembly, or one by one with the same bits.
import { constant, get, instanceOf, repeat, reserve, set, types, vector } from '../web-assembly.js';
import { expOfNegative, powers, step, stepsPerUnit } from './exponential.js';

export interface Total {
  /** The largest logit. */
  readonly max: number;
  /** Sum of exp(logit - max); NaN where a logit is, or where none is finite. */
  readonly sum: number;
}

type TotalOf = (logits: Float32Array) => Total;

/** Made when it is first asked for. */
let total: TotalOf | undefined;

export function totalOf(logits: Float32Array): Total {
  total ??= vectorTotal() ?? plainTotal;
  return total(logits);
}

/** What is further below the largest logit adds nothing that a sum from 1 on could hold. */
const lowest = -step * (powers.length - 1);

/** Even and odd ids are summed apart, as the two halves of a vector hold them. */
export function plainTotal(logits: Float32Array): Total {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) max = Math.max(max, logits[i]!);
  let [even, odd] = [0, 0];
  for (let i = 0; i < logits.length; i += 2) {
    const first = logits[i]! - max;
    if (!(first <= lowest)) even += expOfNegative(first);
    const second = i + 1 < logits.length ? logits[i + 1]! - max : lowest;
    if (!(second <= lowest)) odd += expOfNegative(second);
  }
  return { max, sum: logits.length > 0 ? even + odd : Number.NaN };
}

// In memory: the largest logit, the powers, the logits in whole vectors.
const powersAt = 16;
const logitsAt = powersAt + 16 * Math.ceil(powers.length / 2);
/** Numbers of a vector. */
const together = 4;

/** Undefined where there is no WebAssembly to do it. */
export function vectorTotal(): TotalOf | undefined {
  const { i32, f64, v128 } = types;
  const instance = instanceOf({
    takes: [i32],
    gives: [f64],
    locals: [
      [1, i32],
      [1, f64],
      [4, v128],
    ],
    code: body(),
  });
  if (!instance) return undefined;
  reserve(instance, logitsAt);
  new Float64Array(instance.memory.buffer, powersAt).set(powers);
  const views = () => ({
    largest: new Float64Array(instance.memory.buffer, 0, 1),
    held: new Float32Array(instance.memory.buffer, logitsAt),
  });
  let { largest, held } = views();
  return (logits) => {
    const count = together * Math.max(1, Math.ceil(logits.length / together));
    if (reserve(instance, logitsAt + 4 * count)) ({ largest, held } = views());
    held.set(logits);
    held.fill(-Infinity, logits.length, count);
    const sum = instance.run(logitsAt + 4 * count);
    return { max: largest[0]!, sum };
  };
}

// Names of WebAssembly's specification.
const i32Add = [0x6a];
const f64Add = [0xa0];
const f32Max = [0x97];
const toDouble = [0xbb];
const storeDouble = [0x39, 3, 0];
const splatFloat = vector(0x13);
// As `x < y ? y : x`, one instruction: a NaN that comes second is left out, and one that comes first stays.
const mostFloats = vector(0xeb);
const load = vector(0x00, 4, 0);
const floatAt = (lane: number) => vector(0x1f, lane);
const lowestFloat = [0x43, ...new Uint8Array(Float32Array.of(-Infinity).buffer)];
const splat = vector(0x14);
const [add, sub, mul, most] = [vector(0xf0), vector(0xf1), vector(0xf2), vector(0xf7)];
const toDoubles = vector(0x5f);
const toIntegers = vector(0xfc);
const fromIntegers = vector(0xfe);
const shl = vector(0xab);
const loadTwoFloats = vector(0x5d, 2, 0);
const loadDouble = vector(0x5d, 3, powersAt);
const loadSecond = vector(0x57, 3, powersAt, 1);
const integerAt = (lane: number) => vector(0x1b, lane);
const doubleAt = (lane: number) => vector(0x21, lane);
const both = (value: number) => {
  const bytes = new Uint8Array(Float64Array.of(value, value).buffer);
  return vector(0x0c, ...bytes);
};

// The function's locals: its parameters, then its own.
const [endOfLogits, at, max, maxima, x, index, sums] = [0, 1, 2, 3, 4, 5, 6];

/** The largest; then as `expOfNegative`, of two numbers at a time: each step rounds as there. */
function body(): number[] {
  const polynomial = [1 / 24, 1 / 6, 1 / 2, 1, 1].flatMap((coefficient) => [
    ...[...get(x), ...mul, ...both(coefficient), ...add],
  ]);
  return [
    ...[...lowestFloat, ...splatFloat, ...set(maxima), ...constant(logitsAt), ...set(at)],
    ...repeat(
      ...[...get(maxima), ...get(at), ...load, ...mostFloats, ...set(maxima)],
      ...[...get(at), ...constant(16), ...i32Add, ...set(at)],
      ...[...get(at), ...get(endOfLogits)],
    ),
    ...[0, 1, 2, 3].flatMap((lane) => [...get(maxima), ...floatAt(lane)]),
    ...[...f32Max, ...f32Max, ...f32Max, ...toDouble, ...set(max)],
    ...[...constant(0), ...get(max), ...storeDouble],
    ...[...get(max), ...splat, ...set(maxima), ...constant(logitsAt), ...set(at)],
    ...repeat(
      ...[...get(at), ...loadTwoFloats, ...toDoubles, ...get(maxima), ...sub, ...both(lowest), ...most],
      ...set(x),
      ...[...get(x), ...both(-stepsPerUnit), ...mul, ...toIntegers, ...set(index)],
      // x is what is left of it, between -step and 0.
      ...[...get(x), ...get(index), ...fromIntegers, ...both(step), ...mul, ...add, ...set(x)],
      // Addresses of powers.
      ...[...get(index), ...constant(3), ...shl, ...set(index)],
      ...[...get(sums), ...get(index), ...integerAt(1)],
      ...[...get(index), ...integerAt(0), ...loadDouble, ...loadSecond],
      ...[...both(1 / 120), ...polynomial, ...mul, ...add, ...set(sums)],
      ...[...get(at), ...constant(8), ...i32Add, ...set(at)],
      ...[...get(at), ...get(endOfLogits)],
    ),
    ...[...get(sums), ...doubleAt(0), ...get(sums), ...doubleAt(1), ...f64Add],
  ];
}
