// The reference evaluation: runs a program in plain TypeScript. The oracle for every other backend.
import type {
  Backend,
  ChannelQuantizedTensor,
  Executable,
  Inputs,
  Outputs,
  VariableMemory,
  WeightSource,
} from './backend.js';
import { int8Factor } from './int8-factor.js';
import { inputOp, isOp, stateOp, variableOp, weightOp } from './leaves.js';
import type { Program } from './program.js';
import { multiplyInt8 } from './quantized-channels.js';
import { bindShape, formatShape, numberOfElements, resolveShape, ShapeError } from './shape.js';
import type { Op, Tensor } from './tensor.js';
import type { FloatArray, Value } from './values.js';

export interface EvaluateOptions {
  /** float64 for gradient checks; float32 (the default) rounds each op's result to float32. */
  precision?: 'float32' | 'float64';
}

const noWeights: WeightSource = { get: () => undefined, names: () => [], read: (name) => missing(name) };

function missing(name: string): never {
  throw new Error(`the program needs the weight "${name}" and none was given`);
}

/** A source of weights held in memory, for tests and for small models made on the fly. */
export function weightsInMemory(
  tensors: Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>,
): WeightSource {
  const find = (name: string) => tensors[name] ?? missing(name);
  return {
    names: () => Object.keys(tensors),
    get: (name) => {
      const tensor = tensors[name];
      if (!tensor) return undefined;
      const { buffer, byteOffset, byteLength } = tensor.data;
      return {
        name,
        dtype: 'float32',
        shape: tensor.shape,
        location: { kind: 'memory', bytes: new Uint8Array(buffer, byteOffset, byteLength) },
      };
    },
    read: (name, length) => find(name).data.subarray(0, length),
  };
}

/** Runs programs node by node. State and converted weights live in the returned executable. */
export function compileReference(
  program: Program,
  weights: WeightSource,
  options: EvaluateOptions = {},
  compiledWith: VariableMemory = {},
): Executable & { runSync(inputs: Inputs, variables?: VariableMemory): Outputs } {
  const FloatData = options.precision === 'float64' ? Float64Array : Float32Array;
  const floats = (length: number): FloatArray => new FloatData(length);
  const toPrecision = (value: Value): Value =>
    value.dtype === 'float32' && !(value.data instanceof FloatData)
      ? { ...value, data: FloatData.from(value.data) }
      : value;

  const held = new Map<Tensor, Value>();
  let stateBytes = 0;
  for (const tensor of program.weights) {
    const { name, shape } = tensor.attributes;
    held.set(
      tensor,
      toPrecision({ dtype: 'float32', shape, data: weights.read(name, numberOfElements(shape)) }),
    );
  }
  const evaluators = new Map(
    program.nodes.flatMap((node) => {
      const matrix = int8Factor(node, weights);
      return matrix ? [[node, int8Evaluator(matrix)] as const] : [];
    }),
  );
  for (const tensor of program.states.values()) {
    const shape = resolveShape(tensor.shape, {});
    const data = floats(numberOfElements(shape));
    stateBytes += data.byteLength;
    held.set(tensor, { dtype: 'float32', shape, data });
  }

  const checkMemory = (variables: VariableMemory) => {
    for (const [name, tensor] of program.variables) memoryOf(variables, name, resolveShape(tensor.shape, {}));
  };
  checkMemory(compiledWith);

  const runSync = (inputs: Inputs, variables = compiledWith): Outputs => {
    checkMemory(variables);
    const bindings: Record<string, number> = {};
    const values = new Map(held);
    for (const [name, tensor] of program.variables) {
      // A copy: an output that is a variable shows what it held before its update.
      const data = new FloatData(variables[name]!);
      values.set(tensor, { dtype: 'float32', shape: resolveShape(tensor.shape, {}), data });
    }
    for (const [name, tensor] of program.inputs) {
      const value = inputs[name];
      if (!value) throw new ShapeError(`input "${name}" is missing`);
      if (value.dtype !== tensor.dtype)
        throw new ShapeError(`input "${name}" is ${value.dtype}, expected ${tensor.dtype}`);
      bindShape(`input "${name}"`, tensor.shape, value.shape, bindings);
      values.set(tensor, toPrecision(value));
    }
    for (const node of program.nodes) {
      if (
        values.has(node) ||
        isOp(node, inputOp) ||
        isOp(node, weightOp) ||
        isOp(node, stateOp) ||
        isOp(node, variableOp)
      )
        continue;
      const shape = resolveShape(node.shape, bindings);
      const arguments_ = node.inputs.map((tensor) => values.get(tensor)!);
      const evaluate = evaluators.get(node) ?? node.op.evaluate;
      values.set(node, toPrecision(evaluate(arguments_, node.attributes, { shape, floats })));
    }
    for (const [name, tensor] of program.updates) variables[name]!.set(values.get(tensor)!.data);
    return Object.fromEntries([...program.outputs].map(([name, tensor]) => [name, values.get(tensor)!]));
  };
  return {
    run: async (inputs, variables) => runSync(inputs, variables),
    runSync,
    copyLane: async (from, to, length) => {
      for (const tensor of program.states.values()) {
        const { data, shape } = held.get(tensor)!;
        const [, heads, capacity, size] = shape as [number, number, number, number];
        for (let head = 0; head < heads; head++) {
          const start = (from * heads + head) * capacity * size;
          data.copyWithin((to * heads + head) * capacity * size, start, start + length * size);
        }
      }
    },
    interrupt: () => {},
    runsAtOnce: 1,
    mostSequences: Number.POSITIVE_INFINITY,
    stateBytes,
    dispose: () => held.clear(),
  };
}

function int8Evaluator(matrix: ChannelQuantizedTensor): Op['evaluate'] {
  const stored = matrix.read();
  return ([x, , bias], _attributes, { shape }) => ({
    dtype: 'float32',
    shape,
    data: multiplyInt8({
      x: x!.data,
      inputs: matrix.shape[matrix.axis],
      ...stored,
      outputs: shape.at(-1)!,
      bias: bias?.data,
    }),
  });
}

/** The memory of a variable. @throws ShapeError when it is missing or of another size */
export function memoryOf(variables: VariableMemory, name: string, shape: readonly number[]): Float32Array {
  const memory = variables[name];
  if (!memory) throw new ShapeError(`the memory of the variable "${name}" is missing`);
  const length = numberOfElements(shape);
  if (memory.length !== length)
    throw new ShapeError(
      `the memory of the variable "${name}" has ${memory.length} elements, its shape ${formatShape(shape)} needs ${length}`,
    );
  return memory;
}

/** Evaluates once. */
export function evaluate(
  program: Program,
  inputs: Inputs = {},
  weights: WeightSource = noWeights,
  options: EvaluateOptions = {},
): Outputs {
  return compileReference(program, weights, options).runSync(inputs);
}

export function referenceBackend(options: EvaluateOptions = {}): Backend {
  return {
    name: 'reference',
    device: 'cpu',
    compile: async (program, weights, variables) => compileReference(program, weights, options, variables),
  };
}
