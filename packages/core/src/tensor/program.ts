// A program: named outputs and everything they depend on, in an order that can be run.
import { inputOp, isOp, stateOp, variableOp, type WeightAttributes, weightOp } from './leaves.js';
import { formatShape, ShapeError, sameShape } from './shape.js';
import type { Tensor } from './tensor.js';

export interface Program {
  /** All nodes, inputs first: each node comes after its own inputs. */
  readonly nodes: readonly Tensor[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly states: ReadonlyMap<string, Tensor>;
  readonly weights: readonly Tensor<WeightAttributes>[];
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Those that are read, and those that are updated. */
  readonly variables: ReadonlyMap<string, Tensor>;
  /** By the variable's name, what it holds after a run. */
  readonly updates: ReadonlyMap<string, Tensor>;
}

/** A variable, and what it becomes. */
export type Update = readonly [variable: Tensor, value: Tensor];

/**
 * Collects the program that computes `outputs` and then `updates`: every read of a variable sees what it held before the
 * run, every update is seen after it.
 * @throws Error if two different inputs, states or variables share a name; ShapeError if an update does not fit its variable
 */
export function trace(outputs: Readonly<Record<string, Tensor>>, updates: readonly Update[] = []): Program {
  const nodes: Tensor[] = [];
  const inputs = new Map<string, Tensor>();
  const states = new Map<string, Tensor>();
  const variables = new Map<string, Tensor>();
  const weights: Tensor<WeightAttributes>[] = [];
  const seen = new Set<Tensor>();
  const register = (map: Map<string, Tensor>, name: string, tensor: Tensor) => {
    if (map.has(name)) throw new Error(`two tensors of one program are named "${name}"`);
    map.set(name, tensor);
  };
  // Depth first with an explicit stack: models are deeper than is safe to recurse.
  const stack: { tensor: Tensor; expanded: boolean }[] = [...Object.values(outputs), ...updates.flat()]
    .reverse()
    .map((tensor) => ({ tensor, expanded: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { tensor, expanded } = top;
    if (seen.has(tensor)) continue;
    if (!expanded) {
      stack.push({ tensor, expanded: true });
      for (let i = tensor.inputs.length - 1; i >= 0; i--)
        stack.push({ tensor: tensor.inputs[i]!, expanded: false });
      continue;
    }
    seen.add(tensor);
    nodes.push(tensor);
    if (isOp(tensor, inputOp)) register(inputs, tensor.attributes.name, tensor);
    else if (isOp(tensor, stateOp)) register(states, tensor.attributes.name, tensor);
    else if (isOp(tensor, variableOp)) register(variables, tensor.attributes.name, tensor);
    else if (isOp(tensor, weightOp)) weights.push(tensor);
  }
  return {
    nodes,
    inputs,
    states,
    weights,
    outputs: new Map(Object.entries(outputs)),
    variables,
    updates: updatesByName(updates),
  };
}

function updatesByName(updates: readonly Update[]): Map<string, Tensor> {
  const byName = new Map<string, Tensor>();
  for (const update of updates) {
    const name = nameOfUpdated(update);
    if (byName.has(name)) throw new Error(`the variable "${name}" is updated twice`);
    byName.set(name, update[1]);
  }
  return byName;
}

function nameOfUpdated([variable, { dtype, shape }]: Update): string {
  if (!isOp(variable, variableOp))
    throw new Error(`only variables can be updated, not "${variable.op.name}"`);
  const { name } = variable.attributes;
  if (dtype !== 'float32' || !sameShape(shape, variable.shape))
    throw new ShapeError(
      `the variable "${name}" is float32 ${formatShape(variable.shape)}, its update is ${dtype} ${formatShape(shape)}`,
    );
  return name;
}
