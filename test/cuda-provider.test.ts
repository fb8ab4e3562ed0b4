// Sessions and runs of all families by ONNX Runtime's own provider of CUDA, over libraries that compute nothing: tools/cuda-stand-in tells how.
import {
  familyNames,
  float32,
  type Inputs,
  input,
  int32,
  numberOfElements,
  ops,
  type Program,
  readArchitecture,
  resolveShape,
  type StateStorage,
  state,
  trace,
  tracePart,
  weightsInMemory,
} from '@maria/core';
import { type DeviceDType, deviceDTypes, loadRuntime } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { parameterShapes } from '../packages/core/src/models/parameter-shapes.js';
import { loweredProgram } from '../packages/kernels/src/ort/lowered-program.js';
import { createOrtExecutable } from '../packages/kernels/src/ort/ort-executable.js';
import { forms, heldAs, wide } from './quantised-sources.js';

const device = { kind: 'cuda', index: 0 } as const;
const storages: readonly StateStorage[] = ['float32', 'float16', 'bfloat16'];

/** Some rows of the first lane, whatever they hold. */
function inputsOf({ inputs }: Program, rowCount: number, pastLength: number): Inputs {
  const known: Inputs = {
    ...ops.slotInputs([{ rowCount, pastLength }]),
    positions: int32(Int32Array.from({ length: rowCount }, (_, i) => pastLength + i)),
    lengths: int32([rowCount]),
  };
  const given = [...inputs].map(([name, { shape, dtype }]) => {
    if (known[name]) return [name, known[name]];
    const dims = { time: rowCount, asked: rowCount, longest: rowCount };
    const resolved = resolveShape(shape, dims);
    const length = numberOfElements(resolved);
    return [
      name,
      dtype === 'int32'
        ? int32(new Int32Array(length), resolved)
        : float32(new Float32Array(length), resolved),
    ];
  });
  return Object.fromEntries(given);
}

describe.skipIf(process.env.MARIA_TEST_STAND_IN === undefined)(
  'the provider of CUDA over stand-ins',
  async () => {
    const runtime = await loadRuntime();
    const executable = (program: Program, dtype: DeviceDType, source = weightsInMemory({})) => {
      const kernels = { kind: device.kind, fusesAttention: true, dtype };
      return createOrtExecutable(runtime, loweredProgram(program, source, kernels), {
        threads: 1,
        device,
        dtype,
      });
    };

    const cases = familyNames.flatMap((name) => deviceDTypes.map((dtype) => [name, dtype] as const));
    it.each(cases)('takes and runs all of %s in %s', async (name, dtype) => {
      for (const config of [smallConfig(name), { ...smallConfig(name), ...wide }]) {
        const architecture = readArchitecture(config, 'config.json');
        const tensors = [...parameterShapes(architecture)].map(
          ([name, shape]) => [name, { shape, data: new Float32Array(numberOfElements(shape)) }] as const,
        );
        const source = weightsInMemory(Object.fromEntries(tensors));
        for (const storage of architecture.kind === 'causal' ? storages : (['float32'] as const))
          for (const form of forms) {
            const { program } = tracePart(architecture, source, { capacity: 24, lanes: 2, storage });
            const model = await executable(program, dtype, heldAs(source, program, form));
            for (const [rowCount, past] of [
              [5, 0],
              [1, 5],
              [3, 6],
            ] as const)
              await model.run(inputsOf(program, rowCount, past));
            model.dispose();
          }
      }
    });

    it('brings inputs there and results back, and copies lanes', async () => {
      const x = input('x', ['n', 3]);
      const copied = await executable(trace({ y: ops.reshape(x, ['n', 3]) }), 'float32');
      for (const n of [2, 5, 1, 9]) {
        const data = Float32Array.from({ length: 3 * n }, (_, i) => i + n);
        expect((await copied.run({ x: float32(data, [n, 3]) })).y!.data).toEqual(data);
      }
      copied.dispose();
      const rows = input('rows', [1, 'time', 16]);
      const cache = (name: string) => state(name, [3, 2, 12, 8], 'float16');
      const y = ops.laneAttention(rows, rows, rows, cache('keys'), cache('values'), ops.laneSlots(), {
        heads: 2,
      });
      const lanes = await executable(trace({ y }), 'float32');
      const { api, viewAt } = runtime;
      const held = (lane: number) => {
        const { values, bytes } = lanes.states.get('keys')!;
        return new Uint8Array(viewAt(api.GetTensorMutableData(values[lane]!), bytes / values.length));
      };
      await lanes.run({
        rows: float32(new Float32Array(80), [1, 5, 16]),
        ...ops.slotInputs([{ lane: 0, rowCount: 5, pastLength: 0 }]),
      });
      held(0).fill(77);
      await lanes.copyLane(0, 2, 5);
      expect(held(2)).toEqual(held(0));
      expect(held(1).every((byte) => byte === 0)).toBe(true);
      lanes.dispose();
    });
  },
);
