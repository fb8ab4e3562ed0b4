// Every node of every graph that is lowered for CUDA has a kernel there, by what ONNX Runtime lists of its provider: cuda-kernels.json.
import {
  familyNames,
  numberOfElements,
  type Program,
  readArchitecture,
  type StateStorage,
  tracePart,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { deviceDTypes } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { headHalf } from '../packages/core/src/maria/head.js';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { parameterShapes } from '../packages/core/src/models/parameter-shapes.js';
import { type DeviceKernels, onCpu } from '../packages/kernels/src/onnx/device-kernels.js';
import { GraphBuilder } from '../packages/kernels/src/onnx/graph.js';
import { lower } from '../packages/kernels/src/onnx/lower.js';
import { denoisers, openGoldenDenoiser } from './diffusion-goldens.js';
import { forEachNode, knownOp, nameOf, readModel } from './onnx-model.js';
import { type Form, forms, heldAs, wide } from './quantised-sources.js';

const storages: readonly StateStorage[] = ['float32', 'float16', 'bfloat16'];

/** Nodes without a kernel, as "op: types". Of constants alone the library computes them while it loads, on the CPU. */
function withoutKernel(model: Uint8Array): string[] {
  const { graph } = readModel(model);
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const missing = new Set<string>();
  forEachNode(graph, (node, bound) => {
    const isConstant = node.inputs.every((name) => name === '' || constants.has(name));
    if (isConstant) for (const name of node.outputs) constants.add(name);
    if (isConstant || node.name.startsWith(onCpu) || node.opType === 'Shape') return;
    const fits = knownOp(node).kernels.some((kernel) =>
      Object.entries(kernel).every(([name, types]) => !bound.has(name) || types.includes(bound.get(name)!)),
    );
    if (!fits) missing.add(`${nameOf(node)}: ${[...bound].map((entry) => entry.join(' ')).join(', ')}`);
  });
  return [...missing];
}

function expectKernels(
  program: Program,
  source: WeightSource,
  { isHeld = ['none'], fuses = [true] }: { isHeld?: readonly Form[]; fuses?: readonly boolean[] } = {},
) {
  for (const dtype of deviceDTypes)
    for (const fusesAttention of fuses)
      for (const form of isHeld) {
        const kernels: DeviceKernels = { kind: 'cuda', fusesAttention, dtype };
        const { model } = lower(program, heldAs(source, program, form), 2, kernels);
        expect(withoutKernel(model), `${dtype}, ${form}, fused: ${fusesAttention}`).toEqual([]);
      }
}

describe('a kernel of CUDA', () => {
  it.each(familyNames)('for each node of %s, in every type of weights and caches', (name) => {
    const expectAll = (config: object, checks: Parameters<typeof expectKernels>[2]) => {
      const architecture = readArchitecture(config, 'config.json');
      const tensors = [...parameterShapes(architecture)].map(
        ([name, shape]) => [name, { shape, data: new Float32Array(numberOfElements(shape)) }] as const,
      );
      const source = weightsInMemory(Object.fromEntries(tensors));
      for (const storage of architecture.kind === 'causal' ? storages : (['float32'] as const))
        expectKernels(
          tracePart(architecture, source, { capacity: 8, lanes: 2, storage }).program,
          source,
          checks,
        );
    };
    // Heads of odd sizes, and attention step by step too; then matrices that int4 fits.
    expectAll(smallConfig(name), { fuses: [true, false] });
    expectAll({ ...smallConfig(name), ...wide }, { isHeld: ['int8', 'int4'] });
  });

  it.each(denoisers)('for each node of the denoiser %s', async (name) => {
    const { program, weights } = await openGoldenDenoiser(name);
    expectKernels(program, weights);
  });

  it('for each node of heads', () => {
    const [V, hiddenSize] = [40, 64];
    const matrix = (rows: number, columns: number) => ({
      shape: [rows, columns],
      data: new Float32Array(rows * columns),
    });
    const source = weightsInMemory({
      w: matrix(V, hiddenSize),
      both: matrix(V, 2 * hiddenSize),
      b: { shape: [V], data: new Float32Array(V) },
    });
    const order = Int32Array.from({ length: V }, (_, id) => id - 1);
    for (const half of [
      { weight: 'w', bias: 'b', scale: 0.5 },
      { weight: 'both', firstColumn: hiddenSize },
      { weight: 'w', rows: order },
    ])
      expectKernels(headHalf(V, { source, hiddenSize, ...half }, 30), source, { isHeld: forms });
  });

  it('is missed where there is none', () => {
    const shape = [1, 'time', 32] as const;
    const missedBy = (dtype: 'float16' | 'bfloat16', opType: string) => {
      const graph = new GraphBuilder();
      graph.addInput('x', dtype, shape);
      graph.addNodeTo(['y'], opType, ['x']);
      graph.addOutput('y', dtype, shape);
      return withoutKernel(graph.serialize());
    };
    expect(missedBy('bfloat16', 'Floor')).toEqual(['Floor: T bfloat16']);
    expect(missedBy('float16', 'Floor')).toEqual([]);
  });
});
