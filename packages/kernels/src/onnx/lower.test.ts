// The whole of a lowered program: names, dims, dtypes, and what cannot be lowered.
import { apply, input, type Op, ops, type Tensor, trace, weight, weightsInMemory } from '@maria/core';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it, vi } from 'vitest';
import { GraphBuilder } from './graph.js';
import { lower, lowerableOps } from './lower.js';
import { expectAsReference, normals } from './lowered.test.support.js';

const none = weightsInMemory({});
const x = input('x', ['batch', 'time', 4]);

describe('lower', () => {
  it('keeps names, dtypes and symbolic dimensions of inputs and outputs', async () => {
    const mask = input('mask', ['time'], 'bool');
    const y = ops.where(ops.reshape(mask, ['time', 1]), x, 0);
    const graph = lower(trace({ y, flat: ops.reshape(ops.cast(x, 'int32'), ['4*batch*time']) }), none);
    expect(graph.inputs).toEqual([
      { name: 'mask', dtype: 'bool', shape: ['time'] },
      { name: 'x', dtype: 'float32', shape: ['batch', 'time', 4] },
    ]);
    expect(graph.outputs).toEqual([
      { name: 'y', dtype: 'float32', shape: ['batch', 'time', 4] },
      { name: 'flat', dtype: 'int32', shape: ['4*batch*time'] },
    ]);
    const session = await InferenceSession.create(graph.model);
    expect(session.inputMetadata).toMatchObject([
      { name: 'mask', type: 'bool', shape: ['time'] },
      { name: 'x', type: 'float32', shape: ['batch', 'time', 4] },
    ]);
    expect(session.outputMetadata).toMatchObject([
      { name: 'y', type: 'float32', shape: ['batch', 'time', 4] },
      { name: 'flat', type: 'int32' },
    ]);
  });

  it('takes one tensor under two names, and an input as an output', async () => {
    const y = ops.negate(x);
    await expectAsReference({ first: y, second: y, same: x }, [{ x: normals([1, 2, 4], 1) }]);
  });

  it('gives a product of matrices as it is: to shape a result copies it', () => {
    const weights = weightsInMemory({ w: { shape: [3, 4], data: new Float32Array(12) } });
    const opsOf = (of: Tensor) =>
      Buffer.from(lower(trace({ y: ops.linear(of, weight('w', [3, 4])) }), weights).model).toString('latin1');
    expect(opsOf(input('x', ['rows', 4]))).not.toContain('Reshape');
    expect(opsOf(x)).toContain('Reshape');
  });

  it('takes names that its own nodes would have', async () => {
    const add = input('Add', [2]);
    const y = ops.add(ops.add(add, input('Add_1', [2])), input('int64', [2]));
    const values = { Add: normals([2], 1), Add_1: normals([2], 2), int64: normals([2], 3) };
    await expectAsReference({ Add_node: y, Add_2: ops.negate(y) }, [values]);
  });

  it('says which op has no lowering, and which name is used twice', () => {
    const unknownOp: Op = {
      name: 'unknown',
      infer: () => ({ shape: [1], dtype: 'float32' }),
      evaluate: ([first]) => first!,
    };
    expect(() => lower(trace({ y: apply(unknownOp, [], {}) }), none)).toThrow(
      'cannot lower the op "unknown" to ONNX: it has no lowering',
    );
    expect(() => lower(trace({ y: apply({ ...unknownOp, name: 'silu' }, [], {}) }), none)).toThrow(
      '"silu" is another op of the same name as one of core\'s',
    );
    expect(() => lower(trace({ x: ops.negate(x) }), none)).toThrow(
      'cannot lower a program with an input and an output named "x"',
    );
  });

  it('changes no shapes between products of matrices', async () => {
    const w = input('w', [4, 4]);
    const normal = ops.layerNorm(ops.add(ops.silu(ops.linear(x, w)), x), { epsilon: 1e-5 });
    const y = ops.linear(normal, w);
    await expectAsReference({ y }, [{ x: normals([2, 3, 4], 1), w: normals([4, 4], 2) }]);
    const addNode = vi.spyOn(GraphBuilder.prototype, 'addNode');
    lower(trace({ y }), none);
    const kinds = addNode.mock.calls.map(([kind]) => kind);
    addNode.mockRestore();
    expect(kinds.filter((kind) => kind === 'Gemm')).toHaveLength(2);
    // In once and out once.
    expect(kinds.filter((kind) => kind === 'Reshape')).toHaveLength(2);
  });

  it('has a lowering for every op of core', () => {
    const names = Object.values(ops).flatMap((value) =>
      typeof value === 'object' && 'infer' in value ? [value.name] : [],
    );
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !lowerableOps.includes(name))).toEqual([]);
  });
});
