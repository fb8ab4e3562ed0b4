// Trains parameters on a backend: gradients are summed over any number of runs, then one step of AdamW updates everything.
import { ExitStatus, MariaError } from '../errors.js';
import { add } from '../ops/elementwise.js';
import { gradients } from '../ops/gradient.js';
import { matmulOp } from '../ops/matmul.js';
import { matmulAdd } from '../ops/matmul-add.js';
import { sum } from '../ops/sum.js';
import type { Backend, Executable, Inputs, VariableMemory } from '../tensor/backend.js';
import { weightsInMemory } from '../tensor/evaluate.js';
import { isOp } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AdamWOptions, adamWInputs, adamWSettings } from './adamw.js';
import { createOptimizer, heldPieces, type Optimizer, piecesInCache } from './optimizer.js';
import {
  type ParameterBlock,
  type ParameterKind,
  parameterKinds,
  type TrainedParameter,
} from './parameters.js';

export interface TrainerOptions {
  readonly parameters: readonly TrainedParameter[];
  /** All of the parameters' rows, in the blocks that `losses` is computed from. */
  readonly blocks: readonly ParameterBlock[];
  /** Losses [n] of n tokens, computed from the blocks' parameters and inputs. What is minimised is their mean. */
  readonly losses: Tensor;
  readonly optimizer?: AdamWOptions;
  /** Largest norm of the whole gradient; a longer one is scaled down to it. @default none */
  readonly clip?: number;
  /** Steps already taken, as the moments have them. @default 0 */
  readonly steps?: number;
}

export interface Trainer {
  /** Steps taken. */
  readonly steps: number;
  /** Losses of the inputs' tokens; their gradient is added to that of the step in hand. */
  accumulate(inputs: Inputs): Promise<Float64Array>;
  /** Losses only. */
  evaluate(inputs: Inputs): Promise<Float64Array>;
  /** Forgets what was accumulated. */
  discard(): void;
  /**
   * Takes a step along the mean gradient of the tokens since the last one, and returns its norm before clipping.
   * @throws MariaError `diverged` when the gradient is not finite; parameters and moments are then as before
   */
  update(learningRate: number): Promise<number>;
  /** Brings what training has made of the parameters into their arrays, which a backend may hold elsewhere until then. Not during a run. */
  read(...kinds: readonly ParameterKind[]): Promise<void>;
  /** Stops a computation in progress. Not an update, which would be left half done. */
  interrupt(): void;
  dispose(): void;
}

const noWeights = weightsInMemory({});

export async function createTrainer(backend: Backend, options: TrainerOptions): Promise<Trainer> {
  const { parameters, blocks, losses, clip = Number.POSITIVE_INFINITY } = options;
  const settings = adamWSettings(options.optimizer);
  const memory: VariableMemory = Object.assign({}, ...blocks.map((block) => block.memory));
  const disposables: { dispose(): void }[] = [];
  const compile = async (...program: Parameters<typeof trace>) => {
    const executable = await backend.compile(trace(...program), noWeights, memory);
    disposables.push(executable);
    return executable;
  };
  const dispose = () => {
    for (const disposable of disposables.toReversed()) disposable.dispose();
  };
  try {
    const held = await backend.hold?.(
      blocks.flatMap(({ shape, arrays }) => parameterKinds.map((kind) => ({ shape, data: arrays[kind] }))),
    );
    if (held) disposables.push(held);
    const slopes = gradients(
      sum(losses),
      blocks.map(({ parameter }) => parameter),
    );
    // A product of its own is faster than one that is added, and nothing has to be cleared before.
    const first = await compile(
      { losses },
      blocks.map(({ gradient }, i) => [gradient, slopes[i]!] as const),
    );
    const further = await compile(
      { losses },
      blocks.map(({ gradient }, i) => [gradient, plus(gradient, slopes[i]!)] as const),
    );
    const evaluation = await compile({ losses });
    const runs = held ? heldPieces(blocks) : parameters.flatMap((parameter) => piecesInCache(parameter));
    const optimizer = await createOptimizer(backend, runs, settings);
    disposables.push(optimizer);
    return new ProgramTrainer(
      { first, further, evaluation, optimizer },
      {
        steps: options.steps ?? 0,
        clip,
        inputs: (number, learningRate, gradientScale) =>
          adamWInputs({ number, learningRate, gradientScale }, settings),
        read: async (kinds) => {
          await held?.read(blocks.flatMap(({ arrays }) => kinds.map((kind) => arrays[kind])));
        },
        dispose,
      },
    );
  } catch (error) {
    dispose();
    throw error;
  }
}

/** gradient + slope; a slope that is a product is added while it is multiplied. */
function plus(gradient: Tensor, slope: Tensor): Tensor {
  if (!isOp(slope, matmulOp) || slope.shape.length !== 2) return add(gradient, slope);
  const [a, b] = slope.inputs as readonly [Tensor, Tensor];
  return matmulAdd(a, b, gradient, slope.attributes);
}

interface Programs {
  /** Losses and gradients: of a step's first tokens, and of further ones, whose gradients are added. */
  readonly first: Executable;
  readonly further: Executable;
  readonly evaluation: Executable;
  readonly optimizer: Optimizer;
}

interface Rules {
  readonly steps: number;
  readonly clip: number;
  readonly inputs: (step: number, learningRate: number, gradientScale: number) => Inputs;
  readonly read: (kinds: readonly ParameterKind[]) => Promise<void>;
  readonly dispose: () => void;
}

class ProgramTrainer implements Trainer {
  readonly #programs: Programs;
  readonly #rules: Rules;
  #steps: number;
  /** Tokens whose gradients are summed up so far. */
  #tokens = 0;
  /** Whether the gradients' memory holds something else than the sum over `#tokens`. */
  #stale = true;

  constructor(programs: Programs, rules: Rules) {
    this.#programs = programs;
    this.#rules = rules;
    this.#steps = rules.steps;
  }

  get steps(): number {
    return this.#steps;
  }

  async accumulate(inputs: Inputs): Promise<Float64Array> {
    const { first, further } = this.#programs;
    const program = this.#stale ? first : further;
    // A run that broke off may have left anything in place of the sum.
    if (this.#stale) this.#tokens = 0;
    this.#stale = true;
    const { losses } = await program.run(inputs);
    this.#stale = false;
    this.#tokens += losses!.data.length;
    return Float64Array.from(losses!.data);
  }

  async evaluate(inputs: Inputs): Promise<Float64Array> {
    const { losses } = await this.#programs.evaluation.run(inputs);
    return Float64Array.from(losses!.data);
  }

  discard(): void {
    this.#tokens = 0;
    this.#stale = true;
  }

  async update(learningRate: number): Promise<number> {
    if (this.#stale || this.#tokens === 0) throw new Error('a step needs gradients: accumulate first');
    const norm = await this.#gradientNorm();
    if (!Number.isFinite(norm))
      throw new MariaError(
        'diverged',
        ExitStatus.failed,
        `Cannot take step ${this.#steps + 1}: the norm of the gradient is ${norm}.`,
        {
          try: 'Use a lower learning rate.',
        },
      );
    const scale = Math.min(1, this.#rules.clip / norm) / this.#tokens;
    this.#steps++;
    await this.#programs.optimizer.step(this.#rules.inputs(this.#steps, learningRate, scale));
    this.discard();
    return norm;
  }

  read(...kinds: readonly ParameterKind[]): Promise<void> {
    return this.#rules.read(kinds);
  }

  interrupt(): void {
    this.#programs.first.interrupt();
    this.#programs.further.interrupt();
    this.#programs.evaluation.interrupt();
  }

  dispose(): void {
    this.#rules.dispose();
  }

  /** Of the mean gradient. */
  async #gradientNorm(): Promise<number> {
    return Math.sqrt(await this.#programs.optimizer.squaredNorm()) / this.#tokens;
  }
}
