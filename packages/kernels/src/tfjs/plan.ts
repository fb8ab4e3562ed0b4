// The order in which a program is computed, and when each value can be freed.
import {
  constantOp,
  inputOp,
  isOp,
  ops,
  type Program,
  stateOp,
  type Tensor,
  type Value,
  variableOp,
  weightOp,
} from '@maria/core';
import { kernels } from './kernels.js';

export interface Step {
  readonly node: Tensor;
  /** Values of this run that nothing needs after the step. */
  readonly expired: readonly Tensor[];
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly constants: readonly Tensor<Value>[];
  /** By name. The others are only written. */
  readonly variablesRead: ReadonlyMap<string, Tensor>;
}

/** @throws Error for ops without a kernel, and for state that two nodes write or that is used as a value */
export function planOf(program: Program): Plan {
  const computed = program.nodes.filter((node) => !isLeaf(node));
  computed.forEach(checkKernel);
  checkStates(program, computed);

  const results = [...program.outputs.values(), ...program.updates.values()];
  const used = new Set([...computed.flatMap(({ inputs }) => inputs), ...results]);
  // From the last step to the first, a tensor is met first where it is used last.
  const needed = new Set<Tensor>(results);
  const steps = computed.toReversed().map((node): Step => {
    const expired = [...new Set(node.inputs)].filter((tensor) => isOfOneRun(tensor) && !needed.has(tensor));
    for (const tensor of expired) needed.add(tensor);
    return { node, expired };
  });
  return {
    steps: steps.reverse(),
    constants: program.nodes.filter((node) => isOp(node, constantOp)),
    variablesRead: new Map([...program.variables].filter(([, tensor]) => used.has(tensor))),
  };
}

function isLeaf(node: Tensor): boolean {
  return [inputOp, stateOp, variableOp, weightOp, constantOp].some((op) => op.name === node.op.name);
}

/** Weights, constants and state live as long as the executable. */
function isOfOneRun(tensor: Tensor): boolean {
  return !isOp(tensor, weightOp) && !isOp(tensor, constantOp) && !isOp(tensor, stateOp);
}

function checkKernel(node: Tensor): void {
  if (!kernels.has(node.op.name) && !isOp(node, ops.laneAttentionOp) && !isOp(node, ops.packedAttentionOp))
    throw new Error(`cannot run the op "${node.op.name}" on TensorFlow.js: it has no kernel`);
}

function checkStates({ outputs, updates }: Program, computed: readonly Tensor[]): void {
  const written = new Set<Tensor>();
  const refuse = (tensor: Tensor) => {
    if (isOp(tensor, stateOp)) throw new Error(`the state "${tensor.attributes.name}" is used as a value`);
  };
  for (const node of computed) {
    const [values, states] = isOp(node, ops.laneAttentionOp)
      ? [[...node.inputs.slice(0, 3), ...node.inputs.slice(5)], node.inputs.slice(3, 5)]
      : [node.inputs, []];
    values.forEach(refuse);
    for (const state of states) {
      if (isOp(state, stateOp) && written.has(state))
        throw new Error(`two nodes of one program write to the state "${state.attributes.name}"`);
      written.add(state);
    }
  }
  for (const tensor of [...outputs.values(), ...updates.values()]) refuse(tensor);
}
