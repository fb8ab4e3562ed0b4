// Every node of every graph that is lowered for CUDA has a kernel there, by what ONNX Runtime lists of its provider: cuda-kernels.json.
import {
  type Backend,
  createHead,
  createHeadTrainer,
  createTrainer,
  type Executable,
  familyNames,
  type HeadParts,
  headHalf,
  input,
  numberOfElements,
  ops,
  type Program,
  randomHead,
  readArchitecture,
  type StateStorage,
  trace,
  tracePart,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { deviceDTypes } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { parameterShapes } from '../packages/core/src/models/parameter-shapes.js';
import { type DeviceKernels, onCpu } from '../packages/kernels/src/onnx/device-kernels.js';
import { GraphBuilder } from '../packages/kernels/src/onnx/graph.js';
import { lower } from '../packages/kernels/src/onnx/lower.js';
import { pretrainingLosses } from '../tools/pretrain/src/loss.js';
import { architectureOf, families as pretrained } from '../tools/pretrain/src/tiny-models.test.support.js';
import { initializeParameters, TrainableWeights } from '../tools/pretrain/src/trainable-weights.js';
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

interface Checks {
  readonly isHeld?: readonly Form[];
  readonly fuses?: readonly boolean[];
  readonly slots?: readonly number[];
}

function expectKernels(
  program: Program,
  source: WeightSource,
  { isHeld = ['none'], fuses = [true], slots = [2] }: Checks = {},
) {
  // What has variables is computed in float32 only.
  for (const dtype of program.variables.size > 0 ? (['float32'] as const) : deviceDTypes)
    for (const fusesAttention of fuses)
      for (const form of isHeld)
        for (const count of slots) {
          const kernels: DeviceKernels = { kind: 'cuda', fusesAttention, dtype };
          const { model } = lower(program, heldAs(source, program, form), count, kernels);
          expect(withoutKernel(model), `${dtype}, ${form}, fused: ${fusesAttention}, ${count} slots`).toEqual(
            [],
          );
        }
}

/** A device that keeps what it is given to compile, and computes nothing. It holds variables, as a device does. */
function recorder() {
  const compiled: { program: Program; source: WeightSource }[] = [];
  const backend: Backend = {
    name: 'recorder',
    device: 'cuda:0',
    compile: async (program, source) => {
      compiled.push({ program, source });
      return {
        run: () => Promise.reject(new Error('computes nothing')),
        dispose: () => {},
      } as never as Executable;
    },
    hold: async () => ({ read: async () => {}, dispose: () => {} }),
  };
  return { backend, compiled };
}

describe('a kernel of CUDA', () => {
  it.each(familyNames)('for each node of %s, in every type of weights and caches', (name) => {
    const expectAll = (config: object, checks: Checks) => {
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

  it('for each node of shortlists, of one matrix or of two models', async () => {
    const [V, width] = [40, 64];
    const matrix = (columns: number) => ({ shape: [V, columns], data: new Float32Array(V * columns) });
    const bias = { b: { shape: [V], data: new Float32Array(V) } };
    const joint = weightsInMemory({ w: matrix(2 * width), ...bias });
    const [ar, mlm] = [weightsInMemory({ w: matrix(width) }), weightsInMemory({ w: matrix(width), ...bias })];
    const half = { weight: 'w', hiddenSize: width };
    const rows = Int32Array.from({ length: V }, (_, id) => id - 1);
    const heads: HeadParts[] = [
      {
        vocabularySize: V,
        ar: { ...half, source: joint },
        mlm: { ...half, source: joint, bias: 'b', firstColumn: width },
      },
      {
        vocabularySize: V,
        ar: { ...half, source: ar, scale: 0.5 },
        mlm: { ...half, source: mlm, bias: 'b', scale: 0.5, rows },
      },
    ];
    for (const parts of heads) {
      const { backend, compiled } = recorder();
      const head = await createHead(backend, parts);
      await expect(head.shortlists!([])).rejects.toThrow();
      expect(compiled).toHaveLength(1);
      for (const { program, source } of compiled) expectKernels(program, source, { isHeld: forms });
    }
  });

  it('for each node that trains a head', async () => {
    const { backend, compiled } = recorder();
    // Blocks of two sizes.
    await createHeadTrainer(backend, { head: randomHead({ ar: 5, mlm: 3 }, 23, 1), clip: 1, blockRows: 10 });
    expect(compiled.length).toBeGreaterThan(4);
    for (const { program, source } of compiled) expectKernels(program, source);
  });

  it.each(pretrained)('for each node that trains %s', async (family) => {
    const { backend, compiled } = recorder();
    const architecture = architectureOf(family);
    const weights = new TrainableWeights(initializeParameters(architecture, 1));
    const losses = pretrainingLosses(architecture, weights);
    const { trained: parameters, blocks } = weights;
    await createTrainer(backend, { parameters, blocks, losses, clip: 1 });
    expect(compiled.length).toBeGreaterThan(4);
    for (const { program, source } of compiled) expectKernels(program, source);
  });

  it('for each node of local attention, of one sequence and of several', () => {
    const rows = (name: string) => input(name, [1, 'time', 64]);
    const attended = ops.packedAttention(rows('q'), rows('k'), rows('v'), input('lengths', ['n'], 'int32'), {
      heads: 4,
      halfWindow: 3,
    });
    const checks = { fuses: [true, false], slots: [1, 2, 4] };
    expectKernels(trace({ y: attended }), weightsInMemory({}), checks);
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
