// AdamW as a program against the formula, written out in double precision.
import { expect, it } from 'vitest';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { variable } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { adamW, adamWInputs, adamWScalars, adamWSettings } from './adamw.js';

it('follows the formula over several steps, with bias correction, decay and a scaled gradient', () => {
  const settings = adamWSettings({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 });
  const memory = {
    p: Float32Array.of(1, -2, 0.5),
    g: new Float32Array(3),
    m: new Float32Array(3),
    v: new Float32Array(3),
  };
  const [parameter, gradient, first, second] = ['p', 'g', 'm', 'v'].map((name) => variable(name, [3]));
  const updates = adamW(
    { parameter: parameter!, gradient: gradient!, first: first!, second: second! },
    adamWScalars(),
    settings,
  );
  const program = compileReference(trace({}, updates), weightsInMemory({}), {}, memory);

  const expected = [1, -2, 0.5].map((p) => ({ p, m: 0, v: 0 }));
  for (let t = 1; t <= 4; t++) {
    const learningRate = 0.1 / t;
    memory.g.set([3, -1 + t, 1e-4]);
    const gradientScale = 0.5;
    program.runSync(adamWInputs({ number: t, learningRate, gradientScale }, settings));
    expected.forEach((e, i) => {
      const g = memory.g[i]! * gradientScale;
      e.p *= 1 - learningRate * 0.1;
      e.m = 0.8 * e.m + 0.2 * g;
      e.v = 0.95 * e.v + 0.05 * g * g;
      e.p -= (learningRate * (e.m / (1 - 0.8 ** t))) / (Math.sqrt(e.v / (1 - 0.95 ** t)) + 1e-3);
      expect(memory.p[i]).toBeCloseTo(e.p, 5);
    });
  }
});

it('has the usual settings', () => {
  expect(adamWSettings()).toEqual({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 });
  expect(adamWSettings({ weightDecay: 0 }).weightDecay).toBe(0);
});
