// A model that runs as a denoiser: it reads a text in which some tokens are masked, and says what each of them may be.
import { InterruptedError, UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { float32, gatherRows, type Matrix } from '../tensor/values.js';
import type { MaskedArchitecture } from './family.js';
import { packedInputs } from './packed-sequences.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';
import { noiseInput } from './sedd.js';

/** A frozen denoiser. Every position of a text sees every other. */
export interface Denoiser {
  /** Its family, or the model_type of the MLM that it is. */
  readonly family: string;
  readonly maskId: number;
  /** Rows of the table of tokens: every id must be below. Also the logits of a position. */
  readonly vocabularySize: number;
  /** Most tokens of one text. */
  readonly maxLength: number;
  /** Whether it reads how much noise there is, and gives ratios of probabilities (SEDD). */
  readonly readsNoise: boolean;
  /**
   * One pass over a text. Passes of several texts wait for each other.
   * @param options.sigma how much noise there is, for a denoiser that reads it
   */
  read(ids: Int32Array, options?: ReadOptions): Promise<Reading>;
}

export interface ReadOptions {
  readonly sigma?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a pass has found. */
export interface Reading {
  /** Logits of these positions, [positions.length, vocabularySize]; only for them the large product is made. The caller's to keep. */
  logits(positions: readonly number[]): Promise<Matrix>;
}

/** What a denoiser is beside its program. */
export interface DenoiserForm {
  readonly family: string;
  readonly maskId: number;
  readonly readsNoise: boolean;
  /** Whether row i-1 is for position i. */
  readonly shift: boolean;
  /** What it reads around every text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** What it reads before a text whose first token is masked, where rows are shifted and nothing else stands there. */
  readonly startId?: number | undefined;
}

/** What turns hidden states into logits; holds until the next call. */
interface OutputMatrix extends RunningModel {
  logits(hidden: Matrix): Promise<Matrix>;
}

/** Compiles a denoiser. @param expert its output matrix, which is released with the denoiser */
export async function createDenoiser(
  backend: Backend,
  { architecture, weights, program }: ModelPart<MaskedArchitecture>,
  expert: OutputMatrix,
  form: DenoiserForm,
): Promise<Denoiser & RunningModel> {
  const { family, maskId, readsNoise, shift, suffix } = form;
  const { hiddenSize, vocabularySize, maxLength } = architecture.sizes;
  const executable = await backend.compile(program, weights);
  const interrupt = () => {
    executable.interrupt();
    expert.interrupt();
  };
  const inTurn = turns(interrupt);

  /** @throws UsageError where a shifted model has nothing to say of the first token */
  const prefixOf = (ids: Int32Array): readonly number[] => {
    if (!shift || ids[0] !== maskId || form.prefix.length > 0) return form.prefix;
    if (form.startId !== undefined) return [form.startId];
    throw new UsageError(
      'first-token-masked',
      'Cannot fill the first token: the denoiser has nothing before it to read, and its files name no token that documents begin with.',
      { try: 'Begin with known text.' },
    );
  };

  return {
    family,
    maskId,
    readsNoise,
    vocabularySize,
    maxLength,
    async read(given, { sigma = 0, signal } = {}) {
      const prefix = prefixOf(given);
      const ids = Int32Array.from([...prefix, ...given, ...suffix]);
      if (ids.length > maxLength)
        throw new UsageError(
          'context-too-long',
          `Cannot read ${ids.length} tokens: the denoiser reads at most ${maxLength}.`,
          { try: 'Give a shorter text, or use a denoiser of a longer context.' },
        );
      const hidden = await inTurn(signal, async (): Promise<Matrix> => {
        const { hidden } = await executable.run({
          ...packedInputs([ids]),
          ...(readsNoise && { [noiseInput]: float32([sigma]) }),
        });
        return { rows: ids.length, columns: hiddenSize, data: (hidden!.data as Float32Array).slice() };
      });
      const rowOf = (position: number) => Math.max(0, prefix.length + position - (shift ? 1 : 0));
      return {
        logits: (positions) =>
          inTurn(signal, async () => {
            const { rows, columns, data } = await expert.logits(gatherRows(hidden, positions.map(rowOf)));
            return { rows, columns, data: data.slice() };
          }),
      };
    },
    interrupt,
    dispose: () => {
      executable.dispose();
      expert.dispose();
    },
  };
}

/** Runs tasks one after the other. A signal ends a task that is in progress, or keeps it from beginning. */
function turns(interrupt: () => void) {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> => {
    const run = async () => {
      if (signal?.aborted) throw new InterruptedError();
      signal?.addEventListener('abort', interrupt);
      try {
        return await task();
      } finally {
        signal?.removeEventListener('abort', interrupt);
      }
    };
    const result = last.then(run, run);
    last = result.catch(() => {});
    return result;
  };
}
