// The optimiser's passes over pieces against one pass over whole parameters: the same bits.
import { expect, it } from 'vitest';
import { ownTurn } from '../own-turn.js';
import { randomKey } from '../random.js';
import { compileReference, referenceBackend, weightsInMemory } from '../tensor/evaluate.js';
import { variable } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { adamW, adamWInputs, adamWScalars, adamWSettings } from './adamw.js';
import { createOptimizer, piecesInCache } from './optimizer.js';
import { trainedParameter } from './parameters.js';

const numbers = (length: number, seed: number) => {
  const key = randomKey(seed);
  return Float32Array.from({ length }, (_, i) => key.uniform(0, i) - 0.5);
};

const sizes = { piece: 8, run: 3 };
/** Two runs and a rest of a piece and some, a run exactly, two pieces and some, and less than one. */
const lengths = [60, 24, 19, 5];

it.each([1, 3])('takes each number once, whatever the lengths, %i runs at once', async (runsAtOnce) => {
  const settings = adamWSettings({ weightDecay: 0.1 });
  const parameters = lengths.map((length, i) => {
    const parameter = trainedParameter({ name: `${i}`, shape: [length], value: numbers(length, i) });
    parameter.gradient.set(numbers(length, 10 + i));
    return parameter;
  });
  const expected = parameters.map(({ value, gradient }) => {
    const memory = {
      parameter: value.slice(),
      gradient: gradient.slice(),
      first: new Float32Array(value.length),
      second: new Float32Array(value.length),
    };
    const named = (name: keyof typeof memory) => variable(name, [value.length]);
    const whole = {
      parameter: named('parameter'),
      gradient: named('gradient'),
      first: named('first'),
      second: named('second'),
    };
    const program = trace({}, adamW(whole, adamWScalars(), settings));
    return { memory, program: compileReference(program, weightsInMemory({}), {}, memory) };
  });

  const compiled: number[] = [];
  const reference = referenceBackend();
  let running = 0;
  let most = 0;
  const optimizer = await createOptimizer(
    {
      name: 'counted',
      device: 'cpu',
      compile: async (program, weights, variables) => {
        compiled.push(Object.values(variables!).reduce((total, { length }) => total + length, 0) / 4);
        const executable = await reference.compile(program, weights, variables);
        // Each run is done sooner than the one before it.
        let turns = 10;
        const run: typeof executable.run = async (...given) => {
          most = Math.max(most, ++running);
          for (let turn = turns--; turn > 0; turn--) await ownTurn();
          running--;
          return executable.run(...given);
        };
        return { ...executable, runsAtOnce, run };
      },
    },
    parameters.flatMap((parameter) => piecesInCache(parameter, sizes)),
    settings,
  );
  const squares = parameters.flatMap(({ gradient }) => [...gradient]).reduce((total, g) => total + g * g, 0);
  const norm = await optimizer.squaredNorm();
  expect(norm / squares).toBeCloseTo(1, 5);
  // In the same order, whichever run is done first.
  expect(await optimizer.squaredNorm()).toBe(norm);
  for (let number = 1; number <= 2; number++) {
    const scalars = adamWInputs({ number, learningRate: 0.01, gradientScale: 0.5 }, settings);
    await optimizer.step(scalars);
    for (const { program } of expected) program.runSync(scalars);
  }
  const bits = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  parameters.forEach(({ value, first, second }, i) => {
    const { memory } = expected[i]!;
    expect(bits(value).equals(bits(memory.parameter))).toBe(true);
    expect(bits(first).equals(bits(memory.first))).toBe(true);
    expect(bits(second).equals(bits(memory.second))).toBe(true);
  });
  expect(most).toBe(runsAtOnce);
  // Runs of one length share their two programs.
  expect(compiled).toEqual([24, 24, 12, 12, 19, 19, 5, 5]);
  optimizer.dispose();
});
