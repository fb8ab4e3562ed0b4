// The end of a model only for the rows that are asked for. Attention needs every row; what follows the last one goes row by row.
import * as ops from '../ops/index.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type Matrix, row } from '../tensor/values.js';

/** Ops of which each row of the result follows from that row of the inputs that have one, and from weights. */
const byRow: ReadonlySet<Op<never>> = new Set<Op<never>>([
  ops.addOp,
  ops.clipOp,
  ops.divideOp,
  ops.erfOp,
  ops.expOp,
  ops.geluOp,
  ops.layerNormOp,
  ops.linearOp,
  ops.logOp,
  ops.matmulAddOp,
  ops.matmulOp,
  ops.maximumOp,
  ops.multiplyOp,
  ops.negateOp,
  ops.reciprocalOp,
  ops.reluOp,
  ops.rmsNormOp,
  ops.sigmoidOp,
  ops.siluOp,
  ops.sliceOp,
  ops.subtractOp,
  ops.tanhOp,
]);

/** Rows that a run is asked for, int32 [asked]: places among the packed ones. */
export const askedInput = 'asked';

/** `hidden` [1, time, d] → the same of those rows, [1, asked, d]. What the other rows need no more is not computed for them. */
export function ofAskedRows(hidden: Tensor): Tensor {
  const time = hidden.shape[1]!;
  const asked = input(askedInput, ['asked'], 'int32');
  const hasRows = ({ shape }: Tensor) => shape.length === 3 && shape[0] === 1 && shape[1] === time;
  const goesByRow = (x: Tensor) =>
    byRow.has(x.op as Op<never>) &&
    hasRows(x) &&
    x.inputs.some(hasRows) &&
    x.inputs.every((of) => hasRows(of) || !of.shape.includes(time)) &&
    !(x.op === (ops.sliceOp as Op) && (x.attributes as ops.SliceAttributes).axis !== 2);
  const { nodes } = trace({ hidden });
  /** Those that are needed for all rows: something else than such an op reads them. */
  const whole = new Set<Tensor>();
  for (const node of nodes.toReversed())
    if (whole.has(node) || !goesByRow(node)) for (const read of node.inputs) whole.add(read);
  const cut = new Map<Tensor, Tensor>();
  const gathered = (x: Tensor) => {
    const width = x.shape[2]!;
    return ops.reshape(ops.embedding(asked, ops.reshape(x, [time, width])), [1, 'asked', width]);
  };
  const cutOf = (x: Tensor): Tensor => {
    if (!hasRows(x)) return x;
    const found = cut.get(x) ?? gathered(x);
    cut.set(x, found);
    return found;
  };
  for (const node of nodes)
    if (!whole.has(node) && goesByRow(node))
      cut.set(node, apply(node.op, node.inputs.map(cutOf), node.attributes));
  return cutOf(hidden);
}

/** A sequence's rows, and those of them that are asked for: all without. */
interface Rows {
  readonly count: number;
  readonly asked: readonly number[] | undefined;
}

/** Their places among the packed rows of all sequences, at least one. */
export function askedPlaces(sequences: readonly Rows[]): Int32Array {
  let first = 0;
  const places: number[] = [];
  for (const { count, asked } of sequences) {
    if (asked) for (const i of asked) places.push(first + i);
    else for (let i = 0; i < count; i++) places.push(first + i);
    first += count;
  }
  return Int32Array.from(places.length > 0 ? places : [0]);
}

/** All packed rows, of which only those at `places` are filled. */
export function spread(rows: number, { columns, data, ...asked }: Matrix, places: Int32Array): Matrix {
  if (asked.rows === rows) return { rows, columns, data };
  const all = new Float32Array(rows * columns);
  places.forEach((place, i) => {
    all.set(row({ rows: asked.rows, columns, data }, i), place * columns);
  });
  return { rows, columns, data: all };
}
