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

/**
 * Numbers of a piece. AdamW is some 13 ops, each of which passes over its operands: those of a piece, 0.5 MB each, are still in the
 * cache then, and memory is passed over once. Smaller ones cost more calls than they save.
 */
export const pieceLength = 2 ** 17;

interface Piece {
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
): Promise<Optimizer> {
  const programs = new Map<number, Programs>();
  const dispose = () => {
    for (const { squares, step } of programs.values()) {
      squares.dispose();
      step.dispose();
    }
  };
  const pieces: Piece[] = [];
  try {
    for (const memory of parameters.flatMap(piecesOf)) {
      const { length } = memory.gradient;
      const known = programs.get(length) ?? (await compile(backend, memory, settings));
      programs.set(length, known);
      pieces.push({ programs: known, memory });
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    squaredNorm: async () => {
      let total = 0;
      for (const { programs, memory } of pieces) {
        const { squares } = await programs.squares.run({}, memory);
        total += squares!.data[0]!;
      }
      return total;
    },
    step: async (scalars) => {
      for (const { programs, memory } of pieces) await programs.step.run(scalars, memory);
    },
    dispose,
  };
}

type PieceMemory = Pick<TrainedParameter, 'value' | 'gradient' | 'first' | 'second'>;

function piecesOf({ value, gradient, first, second }: TrainedParameter): PieceMemory[] {
  return Array.from({ length: Math.ceil(value.length / pieceLength) }, (_, i) => {
    const part = (array: Float32Array) => array.subarray(i * pieceLength, (i + 1) * pieceLength);
    return { value: part(value), gradient: part(gradient), first: part(first), second: part(second) };
  });
}

/** The programs for pieces of one length: each run is told which. @param piece any of them */
async function compile(backend: Backend, piece: PieceMemory, settings: AdamWSettings): Promise<Programs> {
  const named = (name: keyof PieceMemory) => variable(name, [piece[name].length]);
  const variables: AdamWVariables = {
    parameter: named('value'),
    gradient: named('gradient'),
    first: named('first'),
    second: named('second'),
  };
  const { gradient } = variables;
  const noWeights = weightsInMemory({});
  const squares = await backend.compile(trace({ squares: sum(multiply(gradient, gradient)) }), noWeights, {
    ...piece,
  });
  try {
    const step = await backend.compile(trace({}, adamW(variables, adamWScalars(), settings)), noWeights, {
      ...piece,
    });
    return { squares, step };
  } catch (error) {
    squares.dispose();
    throw error;
  }
}
