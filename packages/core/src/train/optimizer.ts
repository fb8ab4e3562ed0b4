// The passes of a step that take each number on its own, the gradient's norm and AdamW: over pieces that stay in a core's cache, or on a device.
import { concat } from '../ops/concat.js';
import { multiply } from '../ops/elementwise.js';
import { reshape } from '../ops/shape-ops.js';
import { sum } from '../ops/sum.js';
import type { Backend, Executable, Inputs, VariableMemory } from '../tensor/backend.js';
import { weightsInMemory } from '../tensor/evaluate.js';
import { variable } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { numberOfElements } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AdamWSettings, type AdamWVariables, adamW, adamWScalars } from './adamw.js';
import {
  type ParameterBlock,
  type ParameterKind,
  parameterKinds,
  type TrainedParameter,
} from './parameters.js';

export interface Optimizer {
  /** Of the summed gradients. */
  squaredNorm(): Promise<number>;
  /** One step of AdamW for all parameters. @param scalars of `adamWInputs` */
  step(scalars: Inputs): Promise<void>;
  dispose(): void;
}

/** A part of a parameter that a program sees as one. */
export type Piece = Pick<ParameterBlock, 'shape' | 'arrays' | 'decays'>;

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

/** Those of a parameter in the memory of the CPU, the pieces of a run together. */
export function piecesInCache(
  { decays = true, ...arrays }: TrainedParameter,
  { piece, run }: Sizes = usualSizes,
): Piece[][] {
  const count = Math.ceil(arrays.value.length / piece);
  const pieces = Array.from({ length: count }, (_, i): Piece => {
    const part = (kind: ParameterKind) => arrays[kind].subarray(i * piece, (i + 1) * piece);
    return {
      shape: [part('value').length],
      arrays: {
        value: part('value'),
        gradient: part('gradient'),
        first: part('first'),
        second: part('second'),
      },
      decays,
    };
  });
  return inRuns(pieces, run);
}

/** Numbers and pieces that a run takes on a device, where it updates copies that take as much memory again. */
const mostOfRun: Sizes = { piece: 2 ** 22, run: 16 };

/** Blocks that a device holds as they are: those of one shape go together, so that few programs serve all. */
export function heldPieces(blocks: readonly ParameterBlock[]): Piece[][] {
  const byForm = new Map<string, ParameterBlock[]>();
  for (const block of blocks) byForm.set(formOf(block), [...(byForm.get(formOf(block)) ?? []), block]);
  return [...byForm.values()].flatMap((alike) => {
    const fitting = Math.floor(mostOfRun.piece / numberOfElements(alike[0]!.shape));
    return inRuns(alike, Math.min(mostOfRun.run, Math.max(1, fitting)));
  });
}

const formOf = ({ shape, decays }: Piece) => `${shape} ${decays}`;

function inRuns(pieces: readonly Piece[], length: number): Piece[][] {
  return Array.from({ length: Math.ceil(pieces.length / length) }, (_, i) =>
    pieces.slice(i * length, (i + 1) * length),
  );
}

/** What one run takes. */
interface Part {
  readonly programs: Programs;
  readonly memory: VariableMemory;
}

interface Programs {
  readonly squares: Executable;
  readonly step: Executable;
}

/** @param runs pieces that one run takes together */
export async function createOptimizer(
  backend: Backend,
  runs: readonly (readonly Piece[])[],
  settings: AdamWSettings,
): Promise<Optimizer> {
  const programs = new Map<string, Programs>();
  const dispose = () => {
    for (const { squares, step } of programs.values()) {
      squares.dispose();
      step.dispose();
    }
  };
  const parts: Part[] = [];
  try {
    for (const pieces of runs) {
      const memory = memoryOf(pieces);
      const form = pieces.map(formOf).join();
      const known = programs.get(form) ?? (await compile(backend, pieces, memory, settings));
      programs.set(form, known);
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
        const { squares } = await programs.squares.run({}, memory);
        for (const sum of squares!.data) sums[i]! += sum;
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

const variableName = (kind: string, piece: number) => `${kind}[${piece}]`;

function memoryOf(pieces: readonly Piece[]): VariableMemory {
  return Object.fromEntries(
    pieces.flatMap(({ arrays }, i) => parameterKinds.map((kind) => [variableName(kind, i), arrays[kind]])),
  );
}

/** The programs for pieces of these shapes: each run is told which. */
async function compile(
  backend: Backend,
  pieces: readonly Piece[],
  memory: VariableMemory,
  settings: AdamWSettings,
): Promise<Programs> {
  const variables = pieces.map(({ shape, decays }, i): AdamWVariables => {
    const named = (kind: ParameterKind) => variable(variableName(kind, i), shape);
    return {
      parameter: named('value'),
      gradient: named('gradient'),
      first: named('first'),
      second: named('second'),
      ...(decays !== undefined && { decays }),
    };
  });
  const noWeights = weightsInMemory({});
  const squares = await backend.compile(
    trace({
      squares: concat(
        variables.map(({ gradient }) => sumOfSquares(gradient)),
        0,
      ),
    }),
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

/** As [1]. Of a matrix row by row: one sum of millions of numbers would lose digits on a device, which adds them in order. */
function sumOfSquares(x: Tensor): Tensor {
  const squares = multiply(x, x);
  const rank = x.shape.length;
  return reshape(sum(rank > 1 ? sum(squares, { axes: [rank - 1] }) : squares), [1]);
}
