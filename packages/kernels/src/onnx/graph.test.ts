// A hand-made graph runs in ONNX Runtime: the proof that our protobuf is right.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph.js';

const bytesOf = (data: Float32Array) => new Uint8Array(data.buffer);

describe('GraphBuilder', () => {
  it('makes a model that ONNX Runtime runs, with every kind of attribute', async () => {
    const graph = new GraphBuilder();
    graph.addInput('x', 'float32', ['rows', 3]);
    const w = graph.addInitializer('w', 'float32', [2, 3], {
      raw: bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)),
    });
    const product = graph.addNode('Gemm', ['x', w], { alpha: { float: 0.5 }, transB: { int: 1 } });
    const one = graph.addNode('Constant', [], {
      value: {
        tensor: { name: '', type: 'float32', dims: [1], contents: { raw: bytesOf(Float32Array.of(-1)) } },
      },
    });
    const floats = graph.addNode('Constant', [], { value_floats: { floats: [2, 10] } });
    const scaled = graph.addNode('Mul', [graph.addNode('Mul', [product, one]), floats]);
    const gelu = graph.addNode('Gelu', [scaled], { approximate: { string: 'tanh' } });
    const back = graph.addNode('Sub', [scaled, graph.addNode('Sub', [gelu, gelu])]);
    graph.addNodeTo(['y'], 'Transpose', [back], { perm: { ints: [1, 0] } });
    graph.addOutput('y', 'float32', [2, 'rows']);

    const session = await InferenceSession.create(graph.serialize());
    expect(session.inputMetadata[0]).toMatchObject({ name: 'x', shape: ['rows', 3] });
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 0, 0, 0, 1, 1), [2, 3]) });
    expect(y!.dims).toEqual([2, 2]);
    expect([...(y!.data as Float32Array)]).toEqual([-1, -5, -20, -55]);
  });

  it('gives fresh names and refuses a second input of the same name', () => {
    const graph = new GraphBuilder();
    graph.addInput('x', 'float32', [1]);
    expect(graph.freshName('x')).toBe('x_1');
    expect(graph.freshName('x')).toBe('x_2');
    expect(() => graph.addInput('x', 'float32', [1])).toThrow('the graph already has a value named "x"');
  });
});
