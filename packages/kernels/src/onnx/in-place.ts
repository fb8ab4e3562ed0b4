// Which variables a graph may read and write in the same memory: those whose update is written after the last read.
import { constantOp, isOp, ops, type Program, type Tensor } from '@maria/core';

type Readers = ReadonlyMap<Tensor, readonly Tensor[]>;

/** A tensor that may turn out to be the variable's own memory. */
interface View {
  readonly tensor: Tensor;
  /** Whether its element i is the variable's element i. */
  readonly inOrder: boolean;
}

/** Names of ops that read element i of an operand only for element i of the result. */
const elementwise: ReadonlySet<string> = new Set(
  [
    ops.addOp,
    ops.subtractOp,
    ops.multiplyOp,
    ops.divideOp,
    ops.maximumOp,
    ops.negateOp,
    ops.sqrtOp,
    ops.castOp,
    ops.clipOp,
    ops.whereOp,
  ].map(({ name }) => name),
);
/** Ops that the graph optimiser drops where they change nothing, or that hand their operand's memory on. */
const orderedViews: ReadonlySet<string> = new Set([ops.reshapeOp.name, ops.castOp.name]);
const otherViews: ReadonlySet<string> = new Set(
  [ops.sliceOp, ops.transposeOp, ops.broadcastToOp, ops.padOp, ops.concatOp].map(({ name }) => name),
);
/** These are dropped too where the other operand is a constant 0 or 1. */
const arithmetic: ReadonlySet<string> = new Set(
  [ops.addOp, ops.subtractOp, ops.multiplyOp, ops.divideOp].map(({ name }) => name),
);

/**
 * Names of the variables whose update can be computed where the variable is. Each op that reads the variable must have run
 * before the op that writes the update starts, which holds if the update depends on its result; or be that op itself and
 * read no element after it has written it.
 * @param onDevice there no op reads the memory that it writes: WebGPU refuses it
 */
export function updatedInPlace(program: Program, onDevice = false): ReadonlySet<string> {
  const readers = readersOf(program);
  return new Set([...program.updates.keys()].filter((name) => isSafe(program, name, readers, onDevice)));
}

function isSafe(program: Program, name: string, readers: Readers, onDevice: boolean): boolean {
  const update = program.updates.get(name)!;
  const views = viewsOf({ tensor: program.variables.get(name)!, inOrder: true }, update, readers);
  const isView = (tensor: Tensor) => views.some((view) => view.tensor === tensor);
  // What is a result as it is gets copied, at a time that the runtime chooses.
  const others = [...program.updates].flatMap(([other, value]) => (other === name ? [] : [value]));
  if (update.inputs.length === 0 || [...program.outputs.values(), ...others].some(isView)) return false;
  const before = ancestorsOf(update);
  const isDone = (reader: Tensor, view: View) =>
    before.has(reader) || isView(reader) || (reader === update && !onDevice && readsInOrder(update, view));
  return views.every((view) => (readers.get(view.tensor) ?? []).every((reader) => isDone(reader, view)));
}

function readersOf({ nodes }: Program): Readers {
  const readers = new Map<Tensor, Tensor[]>();
  for (const node of nodes) {
    for (const tensor of new Set(node.inputs)) {
      const known = readers.get(tensor);
      if (known) known.push(node);
      else readers.set(tensor, [node]);
    }
  }
  return readers;
}

function viewsOf(view: View, update: Tensor, readers: Readers): View[] {
  const views = (readers.get(view.tensor) ?? []).flatMap((reader): View[] => {
    const { name } = reader.op;
    if (reader === update) return [];
    if (
      orderedViews.has(name) ||
      (arithmetic.has(name) && reader.inputs.some((tensor) => isOp(tensor, constantOp)))
    )
      return [{ tensor: reader, inOrder: view.inOrder }];
    return otherViews.has(name) ? [{ tensor: reader, inOrder: false }] : [];
  });
  return [view, ...views.flatMap((next) => viewsOf(next, update, readers))];
}

function readsInOrder(update: Tensor, { tensor, inOrder }: View): boolean {
  return update.inputs.every((input, i) => {
    if (input !== tensor) return true;
    // Of a product plus a matrix, only the matrix.
    return inOrder && (elementwise.has(update.op.name) || (isOp(update, ops.matmulAddOp) && i === 2));
  });
}

function ancestorsOf(tensor: Tensor): ReadonlySet<Tensor> {
  const ancestors = new Set<Tensor>();
  const stack = [...tensor.inputs];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (ancestors.has(next)) continue;
    ancestors.add(next);
    stack.push(...next.inputs);
  }
  return ancestors;
}
