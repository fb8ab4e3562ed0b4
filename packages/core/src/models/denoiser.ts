// A model that runs as a denoiser: it reads a text in which some tokens are masked, and says what each of them may be.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { float32, gatherRows, type Matrix, stackRows } from '../tensor/values.js';
import type { MaskedArchitecture } from './family.js';
import { encodePacked } from './packed-passes.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';
import { noiseInput } from './sedd.js';
import { sharedPasses } from './shared-passes.js';

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
  /** Texts that share a pass at most. */
  readonly lanes: number;
  /**
   * One pass over a text; texts that are read at the same time share it. What is found in one of them does not depend on that.
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

/** Most rows of logits that are computed at once for several texts. */
const rowsAtOnce = 64;

type Asked =
  | { readonly kind: 'hidden'; readonly ids: Int32Array; readonly sigma: number }
  | { readonly kind: 'logits'; readonly hidden: Matrix };

/**
 * Compiles a denoiser.
 * @param expert its output matrix, which is released with the denoiser
 * @param lanes more than 1 only where a row has the same bits whatever is computed beside it
 */
export async function createDenoiser(
  backend: Backend,
  { architecture, weights, program }: ModelPart<MaskedArchitecture>,
  expert: OutputMatrix,
  form: DenoiserForm,
  lanes: number,
): Promise<Denoiser & RunningModel> {
  const { family, maskId, readsNoise, shift, suffix } = form;
  const { hiddenSize, vocabularySize, maxLength } = architecture.sizes;
  const executable = await backend.compile(program, weights);
  const interrupt = () => {
    executable.interrupt();
    expert.interrupt();
  };
  /** The same rows as `hidden` has, the caller's to keep. */
  const compute = async (asked: readonly Asked[]): Promise<readonly Matrix[]> => {
    const [first] = asked as [Asked];
    if (first.kind === 'hidden') {
      const texts = (asked as readonly (typeof first)[]).map(({ ids }) => ids);
      const also = readsNoise ? { [noiseInput]: float32([first.sigma]) } : {};
      return (await encodePacked(executable, texts, hiddenSize, { also })).map(copyOf);
    }
    const hidden = (asked as readonly (typeof first)[]).map((one) => one.hidden);
    const { columns, data } = await expert.logits(stackRows(hidden));
    let at = 0;
    return hidden.map(({ rows }) => {
      const own = data.slice(at, at + rows * columns);
      at += own.length;
      return { rows, columns, data: own };
    });
  };
  const ask = sharedPasses<Asked, Matrix>({
    choose: (waiting) => nextPass(waiting, lanes),
    compute,
    interrupt,
  });

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
    lanes,
    async read(given, { sigma = 0, signal } = {}) {
      const prefix = prefixOf(given);
      const ids = Int32Array.from([...prefix, ...given, ...suffix]);
      if (ids.length > maxLength)
        throw new UsageError(
          'context-too-long',
          `Cannot read ${ids.length} tokens: the denoiser reads at most ${maxLength}.`,
          { try: 'Give a shorter text, or use a denoiser of a longer context.' },
        );
      const hidden = await ask({ kind: 'hidden', ids, sigma }, signal);
      const rowOf = (position: number) => Math.max(0, prefix.length + position - (shift ? 1 : 0));
      return {
        logits: (positions) =>
          ask({ kind: 'logits', hidden: gatherRows(hidden, positions.map(rowOf)) }, signal),
      };
    },
    interrupt,
    dispose: () => {
      executable.dispose();
      expert.dispose();
    },
  };
}

/** Logits come first: they bring texts to their next pass. What is read at one amount of noise is read together. */
function nextPass(waiting: readonly Asked[], lanes: number): readonly Asked[] {
  const logits = waiting.filter((one) => one.kind === 'logits').slice(0, lanes);
  let rows = 0;
  if (logits.length > 0)
    return logits.filter(({ hidden }, i) => {
      rows += hidden.rows;
      return i === 0 || rows <= rowsAtOnce;
    });
  const texts = waiting.filter((one) => one.kind === 'hidden');
  return texts.filter(({ sigma }) => sigma === texts[0]!.sigma).slice(0, lanes);
}

function copyOf({ rows, columns, data }: Matrix): Matrix {
  return { rows, columns, data: data.slice() };
}
