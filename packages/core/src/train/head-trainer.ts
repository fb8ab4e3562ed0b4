// Trains the fused head on frozen backbones' hidden states. The logits of a step never all exist: tokens go through in
// chunks, and a chunk's gradient is added to the sum before the next one comes.
import type { HeadArrays } from '../maria/initialize.js';
import { type HeadRows, objectiveLosses } from '../maria/objective.js';
import type { Backend, Inputs } from '../tensor/backend.js';
import { input } from '../tensor/leaves.js';
import { float32, int32, type Matrix } from '../tensor/values.js';
import type { AdamWOptions } from './adamw.js';
import { parameterBlock, rowRanges, type TrainedParameter, trainedParameter } from './parameters.js';
import { createTrainer, type Trainer } from './trainer.js';

/** Masked tokens, with what the backbones see of them: ar [n, dAR] is h_ar(i-1), mlm [n, dMLM] is h_mlm(i), targets x_i. */
export interface HiddenRows {
  readonly ar: Matrix;
  readonly mlm: Matrix;
  readonly targets: Int32Array;
}

/** The moments of AdamW, in the shapes of the head. */
export interface HeadMoments {
  readonly first: HeadArrays;
  readonly second: HeadArrays;
}

export interface HeadTrainerOptions {
  /** Trained in place. */
  readonly head: HeadArrays;
  readonly optimizer?: AdamWOptions;
  /** Largest norm of the gradient. @default none */
  readonly clip?: number;
  /** Tokens that go through at once; some four [chunk, V] arrays exist at a time. @default 256 */
  readonly chunk?: number;
  /** Most rows of the head that a program sees as one matrix. @default as many as fit a cache */
  readonly blockRows?: number;
  /** To go on from: steps taken and the moments then. @default none taken */
  readonly start?: { readonly steps: number; readonly moments: HeadMoments };
}

export interface HeadTrainer {
  readonly vocabularySize: number;
  /** The head as it is now, in the arrays that it was given in. They are as they were until this is asked for where a device holds it. Not during a run. */
  head(): Promise<HeadArrays>;
  moments(): Promise<HeadMoments>;
  /** Sum of the gradients since the last step. */
  gradient(): Promise<HeadArrays>;
  /** Steps taken. */
  readonly steps: number;
  /**
   * Losses of tokens in nats; their gradient is added to that of the step in hand.
   * @throws RangeError for targets outside 0..V-1, before anything is added
   */
  accumulate(rows: HiddenRows): Promise<Float64Array>;
  /** Losses only. */
  losses(rows: HiddenRows): Promise<Float64Array>;
  /** Forgets what was accumulated. */
  discard(): void;
  /** As Trainer.update. */
  update(learningRate: number): Promise<number>;
  interrupt(): void;
  dispose(): void;
}

/**
 * Elements of a block of rows, 8 MB: the product that makes its gradient passes over memory once. At [50304, 3072] that is 1.4 times
 * as fast as the product over all rows.
 */
const blockElements = 2 ** 21;
/** Without gradients there is nothing to gain from many tokens at once, and less memory to hold. */
const evaluationShare = 4;

export async function createHeadTrainer(backend: Backend, options: HeadTrainerOptions): Promise<HeadTrainer> {
  const { head, start, chunk = 256 } = options;
  const V = head.vocabularySize;
  const sizes = { ar: head.ar.length / V, mlm: head.mlm.length / V };
  const shapes = { ar: [V, sizes.ar], mlm: [V, sizes.mlm], bias: [V] };
  const parameter = (name: keyof typeof shapes): TrainedParameter => {
    const value = head[name];
    const moments = start && { first: start.moments.first[name], second: start.moments.second[name] };
    return trainedParameter({ name, shape: shapes[name], value }, moments);
  };
  const parameters = { ar: parameter('ar'), mlm: parameter('mlm'), bias: parameter('bias') };
  const blockRows = options.blockRows ?? Math.max(1, Math.floor(blockElements / (sizes.ar + sizes.mlm)));
  const blocks = rowRanges(V, blockRows).map(([first, end]) => ({
    ar: parameterBlock(parameters.ar, first, end),
    mlm: parameterBlock(parameters.mlm, first, end),
    bias: parameterBlock(parameters.bias, first, end),
  }));
  const headRows: HeadRows[] = blocks.map(({ ar, mlm, bias }) => ({
    ar: ar.parameter,
    mlm: mlm.parameter,
    bias: bias.parameter,
  }));
  const hidden = { ar: input('ar', ['n', sizes.ar]), mlm: input('mlm', ['n', sizes.mlm]) };
  const trainer = await createTrainer(backend, {
    parameters: Object.values(parameters),
    blocks: blocks.flatMap(({ ar, mlm, bias }) => [ar, mlm, bias]),
    losses: objectiveLosses(hidden, headRows, input('targets', ['n'], 'int32')),
    ...(options.optimizer && { optimizer: options.optimizer }),
    ...(options.clip !== undefined && { clip: options.clip }),
    ...(start && { steps: start.steps }),
  });
  const arrays = (kind: 'gradient' | 'first' | 'second'): HeadArrays => ({
    vocabularySize: V,
    ar: parameters.ar[kind],
    mlm: parameters.mlm[kind],
    bias: parameters.bias[kind],
  });
  return {
    vocabularySize: V,
    head: async () => {
      await trainer.read('value');
      return head;
    },
    moments: async () => {
      await trainer.read('first', 'second');
      return { first: arrays('first'), second: arrays('second') };
    },
    gradient: async () => {
      await trainer.read('gradient');
      return arrays('gradient');
    },
    get steps() {
      return trainer.steps;
    },
    accumulate: async (tokens) => {
      checkTargets(tokens, V);
      return inChunks(tokens, chunk, (inputs) => trainer.accumulate(inputs));
    },
    losses: async (tokens) => {
      checkTargets(tokens, V);
      return inChunks(tokens, Math.ceil(chunk / evaluationShare), (inputs) => trainer.evaluate(inputs));
    },
    discard: () => trainer.discard(),
    update: (learningRate) => trainer.update(learningRate),
    interrupt: () => trainer.interrupt(),
    dispose: () => trainer.dispose(),
  };
}

/** Backends may compute something for a target that is outside. */
function checkTargets({ targets }: HiddenRows, V: number): void {
  const bad = targets.find((id) => id < 0 || id >= V);
  if (bad !== undefined) throw new RangeError(`target ${bad} is outside a head of ${V} ids`);
}

async function inChunks(
  { ar, mlm, targets }: HiddenRows,
  size: number,
  run: (inputs: Inputs) => ReturnType<Trainer['accumulate']>,
): Promise<Float64Array> {
  const losses = new Float64Array(targets.length);
  for (const [start, end] of targets.length === 0 ? [] : rowRanges(targets.length, size)) {
    const part = (matrix: Matrix) =>
      float32(matrix.data.subarray(start * matrix.columns, end * matrix.columns), [
        end - start,
        matrix.columns,
      ]);
    losses.set(
      await run({ ar: part(ar), mlm: part(mlm), targets: int32(targets.subarray(start, end)) }),
      start,
    );
  }
  return losses;
}
