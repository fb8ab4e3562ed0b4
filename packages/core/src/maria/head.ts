// The fused linear head, W3 [h_ar; h_mlm] + b, in its split form: one program for each half.

import type { RunningModel } from '../models/running-model.js';
import { multiply, where } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { linear } from '../ops/linear.js';
import { slice, transpose } from '../ops/shape-ops.js';
import { softcapped } from '../ops/softcap.js';
import { allOrNone } from '../tensor/all-or-none.js';
import type { Backend, Executable, WeightSource } from '../tensor/backend.js';
import { constant, input, weight } from '../tensor/leaves.js';
import { type Program, trace } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';
import { bool, float32, int32, type Matrix } from '../tensor/values.js';
import type { Expert, FusedHead } from './model.js';
import { shortlistInputs, shortlistProgram, shortlistsOf } from './shortlist.js';

/** A matrix in a checkpoint, of which a half of the head uses the first V rows and some columns. */
export interface HeadMatrix {
  readonly source: WeightSource;
  /** Name of a stored [>= V, >= columns] tensor. */
  readonly weight: string;
  /** Name of a stored [>= V] tensor that is added to the logits. */
  readonly bias?: string | undefined;
  /** Multiplies weight and bias: 1/2 for a product of experts made of the models' own output embeddings. @default 1 */
  readonly scale?: number;
  /** First column that belongs to this half, in a matrix that holds both. @default 0 */
  readonly firstColumn?: number;
  /** Stored row of each of the V ids, -1 where there is none: for a model whose ids differ. @default the first V rows */
  readonly rows?: Int32Array | undefined;
}

/** Logit of an id that a half has no row for: its probability is 0, and sums stay finite. */
export const absentLogit = -1e4;

export interface HeadParts {
  readonly vocabularySize: number;
  readonly ar: HeadMatrix & { readonly hiddenSize: number };
  readonly mlm: HeadMatrix & { readonly hiddenSize: number };
}

/**
 * Compiled when it is first used: plain infilling does without.
 * @param softcap as `OutputEmbedding` has it
 */
export function createExpert(
  backend: Backend,
  vocabularySize: number,
  half: HeadParts['ar'],
  softcap?: number,
): Expert & RunningModel {
  const program = new HeadProgram(() =>
    backend.compile(headHalf(vocabularySize, half, softcap), half.source),
  );
  return {
    logits: async (hidden) => runHead(await program.compiled(), hidden, vocabularySize),
    interrupt: () => program.interrupt(),
    dispose: () => program.dispose(),
  };
}

async function runHead(executable: Executable, hidden: Matrix, vocabularySize: number): Promise<Matrix> {
  const outputs = await executable.run({ hidden: float32(hidden.data, [hidden.rows, hidden.columns]) });
  return { rows: hidden.rows, columns: vocabularySize, data: outputs.logits!.data as Float32Array };
}

/**
 * One half of the head: hidden [rows, hiddenSize] → logits [rows, V].
 * @param softcap bounds the logits: l becomes softcap tanh(l / softcap)
 */
export function headHalf(vocabularySize: number, half: HeadParts['ar'], softcap?: number): Program {
  const hidden = input('hidden', ['rows', half.hiddenSize]);
  return trace({ logits: halfLogits(vocabularySize, half, hidden, softcap) });
}

function halfLogits(vocabularySize: number, half: HeadParts['ar'], hidden: Tensor, softcap?: number): Tensor {
  const { source, hiddenSize, scale = 1, firstColumn = 0, rows } = half;
  const stored = source.get(half.weight)?.shape;
  const columns = stored?.[1] ?? hiddenSize;
  const height = (rows && stored?.[0]) ?? vocabularySize;
  let matrix: Tensor = weight(half.weight, [height, columns]);
  if (columns !== hiddenSize)
    matrix = slice(matrix, { axis: 1, start: firstColumn, end: firstColumn + hiddenSize });
  const scaled = (x: Tensor) => (scale === 1 ? x : multiply(x, scale));
  // Scaling the hidden state, not the matrix: the matrix stays where it is mapped.
  const bias = half.bias === undefined ? undefined : scaled(weight(half.bias, [height]));
  const logits = softcapped(linear(scaled(hidden), matrix, bias), softcap);
  return rows ? reorderColumns(logits, rows.subarray(0, vocabularySize)) : logits;
}

/** Column `order[i]` of x [rows, n] as column i. Few numbers are moved, where reordering the matrix would copy it. */
function reorderColumns(x: Tensor, order: Int32Array): Tensor {
  const present = constant(bool(Array.from(order, (column) => column >= 0)));
  const columns = constant(int32(order.map((column) => Math.max(column, 0))));
  const picked = transpose(embedding(columns, transpose(x, [1, 0])), [1, 0]);
  return where(present, picked, absentLogit);
}

/**
 * On the CPU all logits are at hand. From another device shortlists of them come down, and whole rows where somebody asks for such: what
 * nobody asks for is not compiled there, for each has the matrices in the device's memory.
 */
export async function createHead(backend: Backend, parts: HeadParts): Promise<FusedHead & RunningModel> {
  const { vocabularySize } = parts;
  const half = (of: HeadParts['ar']) =>
    new HeadProgram(() => backend.compile(headHalf(vocabularySize, of), of.source));
  const [ar, mlm] = [half(parts.ar), half(parts.mlm)];
  const list = backend.device === 'cpu' ? undefined : shortlistOf(backend, parts);
  const programs = [ar, mlm, ...(list ? [list] : [])];
  if (!list) await allOrNone([ar.compiled(), mlm.compiled()]);
  const sizes = { ar: parts.ar.hiddenSize, mlm: parts.mlm.hiddenSize };
  return {
    arLogits: async (hidden) => runHead(await ar.compiled(), hidden, vocabularySize),
    mlmLogits: async (hidden) => runHead(await mlm.compiled(), hidden, vocabularySize),
    ...(list && {
      shortlists: async (rows) => {
        const executable = await list.compiled();
        return shortlistsOf(
          await executable.run(shortlistInputs(rows, vocabularySize, sizes)),
          rows,
          vocabularySize,
        );
      },
    }),
    interrupt: () => {
      for (const program of programs) program.interrupt();
    },
    dispose: () => {
      for (const program of programs) program.dispose();
    },
  };
}

/** Compiled when it is first used. */
class HeadProgram {
  readonly #compile: () => Promise<Executable>;
  #compiling: Promise<Executable> | undefined;
  #executable: Executable | undefined;
  #isDisposed = false;

  constructor(compile: () => Promise<Executable>) {
    this.#compile = compile;
  }

  /** One for all who wait for it; where there was no room for it, the next who asks tries again. */
  compiled(): Promise<Executable> {
    this.#compiling ??= this.#compile().then(
      (executable) => {
        this.#executable = executable;
        if (this.#isDisposed) executable.dispose();
        return executable;
      },
      (error) => {
        this.#compiling = undefined;
        throw error;
      },
    );
    return this.#compiling;
  }

  interrupt(): void {
    this.#executable?.interrupt();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#executable?.dispose();
  }
}

/** Both halves in one program. Their matrices may be of the same name, of two models. */
function shortlistOf(backend: Backend, { vocabularySize, ...halves }: HeadParts): HeadProgram {
  const { ar, mlm } = halves;
  const sizes = { ar: ar.hiddenSize, mlm: mlm.hiddenSize };
  const isOne = ar.source === mlm.source;
  const source = isOne ? ar.source : joined({ ar: ar.source, mlm: mlm.source });
  const named = (half: 'ar' | 'mlm'): HeadParts['ar'] => {
    const { weight, bias, ...rest } = halves[half];
    if (isOne) return halves[half];
    return { ...rest, source, weight: `${half}:${weight}`, bias: bias && `${half}:${bias}` };
  };
  const program = shortlistProgram(vocabularySize, sizes, (hidden) => ({
    ar: halfLogits(vocabularySize, named('ar'), hidden.ar),
    mlm: halfLogits(vocabularySize, named('mlm'), hidden.mlm),
  }));
  return new HeadProgram(() => backend.compile(program, source));
}

/** Tensors of several sources, each under the name of its source, a colon, and its own name. */
function joined(sources: Readonly<Record<string, WeightSource>>): WeightSource {
  const find = (name: string) => {
    const [of] = name.split(':', 1) as [string];
    return { source: sources[of]!, own: name.slice(of.length + 1) };
  };
  return {
    get(name) {
      const { source, own } = find(name);
      return source.get(own);
    },
    names: () =>
      Object.entries(sources).flatMap(([of, source]) => [...source.names()].map((name) => `${of}:${name}`)),
    read(name, length) {
      const { source, own } = find(name);
      return source.read(own, length);
    },
  };
}
