// One pretraining run: batches, gradients, steps, evaluation, checkpoints.
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Architecture,
  type Backend,
  createTrainer,
  ExitStatus,
  type Inputs,
  MariaError,
  mostSaneLoss,
  type TrainedParameter,
  type Trainer,
} from '@maria/core';
import type { Batches, BatchShape, Framing, Masking } from './batches.js';
import { restoreCheckpoint, saveCheckpoint } from './checkpoint.js';
import { pretrainingLosses } from './loss.js';
import { type PretrainSchedule, pretrainingRate } from './schedule.js';
import { splitBatch } from './split-batch.js';
import { TrainableWeights } from './trainable-weights.js';

export interface PretrainOptions {
  readonly backend: Backend;
  readonly architecture: Architecture;
  /** Values to start from, by stored name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly training: Batches;
  readonly evaluation?: Batches;
  readonly framing: Framing;
  /** For a masked model. */
  readonly masking?: Masking;
  /** A step takes one of them, in turn. */
  readonly shapes: readonly BatchShape[];
  /** Windows that go through at a time; their activations bound the memory of a step. */
  readonly windowsAtOnce: number;
  readonly schedule: PretrainSchedule;
  readonly weightDecay: number;
  readonly beta2: number;
  readonly clip: number;
  readonly out: string;
  /** What a checkpoint must share with the run that goes on from it. */
  readonly settings: string;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
  readonly log: (line: string) => void;
  readonly now: () => number;
  /** Saves and stops when aborted. */
  readonly signal: AbortSignal;
}

export interface PretrainResult {
  readonly parameters: readonly TrainedParameter[];
  readonly steps: number;
  readonly evaluationLoss: number | undefined;
}

/** Batches of evaluation, the same every time. */
const evaluationBatches = 8;

export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const { backend, architecture, out, schedule, shapes, settings, log, now } = options;
  mkdirSync(out, { recursive: true });
  const weights = new TrainableWeights(options.parameters);
  const losses = pretrainingLosses(architecture, weights);
  const parameters = weights.trained;
  const restored = restoreCheckpoint(out, parameters, settings);
  const trainer = await createTrainer(backend, {
    parameters,
    blocks: weights.blocks,
    losses,
    optimizer: { beta2: options.beta2, weightDecay: options.weightDecay },
    clip: options.clip,
    steps: restored ?? 0,
  });
  const draw = (batches: Batches, step: number, shape: BatchShape): Inputs =>
    architecture.kind === 'masked'
      ? batches.masked(step, shape, options.framing, options.masking!)
      : batches.causal(step, shape, options.framing);
  const evaluate = async () => {
    if (!options.evaluation) return undefined;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < evaluationBatches; i++) {
      const shape = { windows: options.windowsAtOnce, length: shapes[0]!.length };
      for (const loss of await trainer.evaluate(draw(options.evaluation, i, shape))) {
        sum += loss;
        count++;
      }
    }
    return sum / count;
  };
  const shapeOf = (step: number) => shapes[step % shapes.length]!;
  /** Only weights that give a sane loss may replace the last ones that did. */
  const save = async () => {
    const next = trainer.steps + 1;
    const [part] = splitBatch(draw(options.training, next, shapeOf(next)), options.windowsAtOnce);
    check(mean(await trainer.evaluate(part!)));
    await trainer.read('value', 'first', 'second');
    await saveCheckpoint(out, parameters, trainer.steps, settings);
  };
  const diverged = (fact: string) =>
    new MariaError(
      'diverged',
      ExitStatus.failed,
      `Cannot go on training: after ${trainer.steps} steps ${fact}.`,
      { try: 'Use a lower --learning-rate. The last checkpoint, if any, is as it was.' },
    );
  const check = (loss: number) => {
    const { vocabularySize } = architecture.sizes;
    if (!(loss <= mostSaneLoss(vocabularySize)))
      throw diverged(`the loss is ${loss}, where guessing gives ${Math.log(vocabularySize).toFixed(1)}`);
  };
  const record = (entry: object) => appendFileSync(join(out, 'metrics.jsonl'), `${JSON.stringify(entry)}\n`);
  try {
    let evaluationLoss = await evaluate();
    if (evaluationLoss !== undefined) {
      record({ step: trainer.steps, evalLoss: evaluationLoss });
      log(`step ${trainer.steps} evaluation ${evaluationLoss.toFixed(4)}`);
    }
    let saved = trainer.steps;
    while (trainer.steps < schedule.steps && !options.signal.aborted) {
      const number = trainer.steps + 1;
      const started = now();
      const { loss, tokens } = await accumulate(
        trainer,
        draw(options.training, number, shapeOf(number)),
        options.windowsAtOnce,
      );
      check(loss);
      const rate = pretrainingRate(schedule, trainer.steps);
      const norm = await trainer.update(rate);
      // Weights so large that norms of layers overflow: every token gets the same hidden state.
      if (norm === 0) throw diverged('the gradient is zero');
      const tokensPerSecond = tokens / ((now() - started) / 1000);
      record({ step: number, loss, learningRate: rate, gradientNorm: norm, tokensPerSecond });
      if (number % 20 === 0)
        log(
          `step ${number} loss ${loss.toFixed(4)} norm ${norm.toFixed(2)} ${tokensPerSecond.toFixed(0)} tokens/s`,
        );
      if (number % options.evaluateEvery === 0) {
        evaluationLoss = await evaluate();
        if (evaluationLoss !== undefined) {
          record({ step: number, evalLoss: evaluationLoss });
          log(`step ${number} evaluation ${evaluationLoss.toFixed(4)}`);
        }
      }
      if (number % options.saveEvery === 0) {
        await save();
        saved = number;
      }
    }
    if (saved !== trainer.steps) await save();
    return { parameters, steps: trainer.steps, evaluationLoss };
  } finally {
    trainer.dispose();
  }
}

function mean(losses: Float64Array): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Gradients of a batch, some windows at a time. */
async function accumulate(
  trainer: Trainer,
  batch: Inputs,
  windowsAtOnce: number,
): Promise<{ loss: number; tokens: number }> {
  let sum = 0;
  let count = 0;
  for (const part of splitBatch(batch, windowsAtOnce))
    for (const loss of await trainer.accumulate(part)) {
      sum += loss;
      count++;
    }
  return { loss: sum / count, tokens: batch.ids!.data.length };
}
