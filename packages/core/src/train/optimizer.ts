// The passes of a step that take each number on its own, the gradient's norm and AdamW: over pieces that stay in a core's cache.
import { multiply } from '../ops/elementwise.js';
import { sum } from '../ops/sum.js';
import type { Backend, Executable, Inputs, VariableMemory } from '../tensor/backend.js';
import { weightsInMemory } from '../tensor/evaluate.js';
import { variable } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { type AdamWSettings, type AdamWVariables, adamW, adamWScalars } from './adamw.js';
import type { TrainedParameter } from './parameters.js';

export interface Optimizer {
  /** Of the summed gradients. */
  squaredNorm(): Promise<number>;
  /** One step of AdamW for all parameters. @param scalars of `adamWInputs` */
  step(scalars: Inputs): Promise<void>;
  dispose(): void;
}

export interface Sizes {
  /** Numbers of a piece. */
  readonly piece: number;
  /** Pieces that one run takes. */
  readonly run: number;
}

/**
 * AdamW is some 13 ops, each of which passes over its operands: those of a piece, 192 KiB each, are still in a core's cache then, and
 * memory is passed over once. Smaller ones cost more calls of ops than they save. ONNX Runtime gives an op of that many numbers to one
 * thread, so that runs at once keep the cores busy, and each core what is in its cache. To start a run takes as long as several of its ops.
 */
const usualSizes: Sizes = { piece: 3 * 2 ** 14, run: 42 };

/** What one run takes. */
interface Part {
  readonly programs: Programs;
  readonly memory: VariableMemory;
}

interface Programs {
  readonly squares: Executable;
  readonly step: Executable;
}

export async function createOptimizer(
  backend: Backend,
  parameters: readonly TrainedParameter[],
  settings: AdamWSettings,
  sizes = usualSizes,
): Promise<Optimizer> {
  const programs = new Map<number, Programs>();
  const dispose = () => {
    for (const { squares, step } of programs.values()) {
      squares.dispose();
      step.dispose();
    }
  };
  const parts: Part[] = [];
  try {
    for (const pieces of parameters.flatMap((parameter) => partsOf(parameter, sizes))) {
      const memory = memoryOf(pieces);
      const length = pieces.reduce((total, { value }) => total + value.length, 0);
      const known = programs.get(length) ?? (await compile(backend, pieces, memory, settings));
      programs.set(length, known);
      parts.push({ programs: known, memory });
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    squaredNorm: async () => {
      const sums = new Float64Array(parts.length);
      await eachPart(parts, 'squares', async ({ programs, memory }, i) => {
        const squares = await programs.squares.run({}, memory);
        for (const { data } of Object.values(squares)) sums[i]! += data[0]!;
      });
      // In order of the parts, whichever was done first.
      return sums.reduce((total, sum) => total + sum, 0);
    },
    step: (scalars) => eachPart(parts, 'step', ({ programs, memory }) => programs.step.run(scalars, memory)),
    dispose,
  };
}

/** As many at a time as a program can run. */
async function eachPart(
  parts: readonly Part[],
  name: keyof Programs,
  run: (part: Part, index: number) => Promise<unknown>,
): Promise<void> {
  const atOnce = Math.min(...parts.map(({ programs }) => programs[name].runsAtOnce));
  const rest = parts.entries();
  const one = async () => {
    for (const [i, part] of rest) await run(part, i);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, parts.length) }, one));
}

type Piece = Pick<TrainedParameter, 'value' | 'gradient' | 'first' | 'second'>;

/** The pieces of a parameter, those of one run together. */
function partsOf(parameter: TrainedParameter, { piece, run }: Sizes): Piece[][] {
  return cut(parameter, run * piece).map((part) => cut(part, piece));
}

function cut({ value, gradient, first, second }: Piece, length: number): Piece[] {
  return Array.from({ length: Math.ceil(value.length / length) }, (_, i) => {
    const part = (array: Float32Array) => array.subarray(i * length, (i + 1) * length);
    return { value: part(value), gradient: part(gradient), first: part(first), second: part(second) };
  });
}

const variableName = (name: string, piece: number) => `${name}[${piece}]`;

function memoryOf(pieces: readonly Piece[]): VariableMemory {
  return Object.fromEntries(
    pieces.flatMap((piece, i) =>
      Object.entries(piece).map(([name, array]) => [variableName(name, i), array] as const),
    ),
  );
}

/** The programs for pieces of these lengths: each run is told which. */
async function compile(
  backend: Backend,
  pieces: readonly Piece[],
  memory: VariableMemory,
  settings: AdamWSettings,
): Promise<Programs> {
  const variables = pieces.map(({ value }, i): AdamWVariables => {
    const named = (name: keyof Piece) => variable(variableName(name, i), [value.length]);
    return {
      parameter: named('value'),
      gradient: named('gradient'),
      first: named('first'),
      second: named('second'),
    };
  });
  const noWeights = weightsInMemory({});
  const squares = await backend.compile(
    trace(
      Object.fromEntries(variables.map(({ gradient }, i) => [`${i}`, sum(multiply(gradient, gradient))])),
    ),
    noWeights,
    memory,
  );
  try {
    const scalars = adamWScalars();
    const updates = variables.flatMap((piece) => adamW(piece, scalars, settings));
    return { squares, step: await backend.compile(trace({}, updates), noWeights, memory) };
  } catch (error) {
    squares.dispose();
    throw error;
  }
}
