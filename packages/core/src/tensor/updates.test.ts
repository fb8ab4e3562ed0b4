// Updates of variables in the reference evaluation: reads come before writes, memory is the caller's.
import { describe, expect, it } from 'vitest';
import { add, multiply } from '../ops/elementwise.js';
import { compileReference, evaluate, weightsInMemory } from './evaluate.js';
import { input, state, variable } from './leaves.js';
import { trace } from './program.js';
import { float32 } from './values.js';

const weights = weightsInMemory({});
const a = variable('a', [2]);
const b = variable('b', [2]);

describe('updates', () => {
  it('are written to the memory of the caller after everything was read', () => {
    const memory = { a: Float32Array.of(1, 2), b: Float32Array.of(10, 20) };
    const program = trace({ before: a, sum: add(a, b) }, [
      [a, b],
      [b, add(a, input('x', [2]))],
    ]);
    const executable = compileReference(program, weights, {}, memory);
    const outputs = executable.runSync({ x: float32([0.5, 0.5]) });
    expect([...outputs.before!.data, ...outputs.sum!.data]).toEqual([1, 2, 11, 22]);
    expect(memory).toEqual({ a: Float32Array.of(10, 20), b: Float32Array.of(1.5, 2.5) });
    executable.runSync({ x: float32([0, 0]) });
    expect(memory).toEqual({ a: Float32Array.of(1.5, 2.5), b: Float32Array.of(10, 20) });
  });

  it('go through several executables that share memory', () => {
    const memory = { a: Float32Array.of(3, 4), b: new Float32Array(2) };
    const copy = compileReference(trace({}, [[b, a]]), weights, { precision: 'float64' }, memory);
    const double = compileReference(trace({}, [[a, multiply(b, 2)]]), weights, {}, memory);
    copy.runSync({});
    double.runSync({});
    copy.runSync({});
    expect(memory).toEqual({ a: Float32Array.of(6, 8), b: Float32Array.of(6, 8) });
  });

  it('need memory of the right size', () => {
    const program = trace({ a });
    expect(() => evaluate(program)).toThrow('the memory of the variable "a" is missing');
    expect(() => compileReference(program, weights, {}, { a: new Float32Array(3) })).toThrow(
      'the memory of the variable "a" has 3 elements, its shape [2] needs 2',
    );
  });

  it('fit their variables, one for each', () => {
    expect(() => trace({}, [[a, variable('c', [3])]])).toThrow(
      'the variable "a" is float32 [2], its update is float32 [3]',
    );
    expect(() => trace({}, [[a, input('ids', [2], 'int32')]])).toThrow('its update is int32 [2]');
    expect(() => trace({}, [[state('s', [2]), a]])).toThrow('only variables can be updated, not "state"');
    expect(() =>
      trace({}, [
        [a, b],
        [a, multiply(a, 2)],
      ]),
    ).toThrow('the variable "a" is updated twice');
    expect(() => trace({ a, other: variable('a', [2]) })).toThrow('two tensors of one program are named "a"');
  });
});
