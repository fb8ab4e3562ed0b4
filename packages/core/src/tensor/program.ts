// A program: named outputs and everything they depend on, in an order that can be run.
import { inputOp, isOp, stateOp, type WeightAttributes, weightOp } from './leaves.js';
import type { Tensor } from './tensor.js';

export interface Program {
  /** All nodes, inputs first: each node comes after its own inputs. */
  readonly nodes: readonly Tensor[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly states: ReadonlyMap<string, Tensor>;
  readonly weights: readonly Tensor<WeightAttributes>[];
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** Collects the program that computes `outputs`. @throws Error if two different inputs or states share a name */
export function trace(outputs: Readonly<Record<string, Tensor>>): Program {
  const nodes: Tensor[] = [];
  const inputs = new Map<string, Tensor>();
  const states = new Map<string, Tensor>();
  const weights: Tensor<WeightAttributes>[] = [];
  const seen = new Set<Tensor>();
  const register = (map: Map<string, Tensor>, name: string, tensor: Tensor) => {
    if (map.has(name)) throw new Error(`two tensors of one program are named "${name}"`);
    map.set(name, tensor);
  };
  // Depth first with an explicit stack: models are deeper than is safe to recurse.
  const stack: { tensor: Tensor; expanded: boolean }[] = Object.values(outputs)
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
    else if (isOp(tensor, weightOp)) weights.push(tensor);
  }
  return { nodes, inputs, states, weights, outputs: new Map(Object.entries(outputs)) };
}
