// Benchmarks the training of a head at a given size: a step's speed and memory, beside the backend's own matrix product.
import {
  type Backend,
  createHeadTrainer,
  float32,
  type HeadArrays,
  type HiddenRows,
  InterruptedError,
  input,
  ops,
  ownTurn,
  randomKey,
  referenceBackend,
  trace,
  weightsInMemory,
} from '@maria/core';
import { inTurns } from './in-turns.js';
import { fillWith, normals, normalsPeriod } from './random-normals.js';
import { type Clock, summarizeTimes, type Timing } from './timing.js';

export interface TrainSizes {
  /** V */
  readonly vocabularySize: number;
  readonly arHiddenSize: number;
  readonly mlmHiddenSize: number;
  /** Masked tokens of a step. */
  readonly tokens: number;
  /** Tokens that go through the head at once. */
  readonly chunk: number;
}

/** OLMo-1B and ModernBERT-large. */
export const trainSizes: TrainSizes = {
  vocabularySize: 50304,
  arHiddenSize: 2048,
  mlmHiddenSize: 1024,
  tokens: 1024,
  chunk: 256,
};

export interface TrainBenchmarkOptions {
  readonly backend: Backend;
  readonly sizes: TrainSizes;
  /** Steps that count. */
  readonly repetitions: number;
  /** Steps before them. */
  readonly warmUp: number;
  readonly clock: Clock;
  /** CPU time of the process so far, all threads together, in milliseconds. */
  readonly cpuClock: Clock;
  /** Most memory that the process has had so far, in bytes. */
  readonly peakBytes: () => number;
  readonly signal?: AbortSignal;
}

export interface TrainRecord {
  readonly sizes: TrainSizes;
  /** Largest difference of a small head, trained three steps, to the reference evaluation's. Nothing is timed where it is wrong. */
  readonly check: { readonly error: number; readonly tolerance: number; readonly correct: boolean };
  /** A whole step, and its parts: losses with gradients, and the optimiser with clipping. */
  readonly ms?: { readonly step: Timing; readonly gradient: Timing; readonly update: Timing };
  readonly tokensPerSecond?: number;
  /** 4 × tokens × d × V operations a step, of the fastest one. */
  readonly gigaflopsPerSecond?: number;
  /** The same over CPU time: what a core does, however busy the machine is with other things. */
  readonly gigaflopsPerCpuSecond?: number;
  /** A product of two square matrices in turns with the steps: of 2048 × 2048, of less where a step is less work, of 128 × 128 on the reference. */
  readonly matmul?: { readonly gigaflopsPerSecond: number; readonly gigaflopsPerCpuSecond: number };
  /** Rate of a step over that of the products right after it, by time and by CPU time: the median. */
  readonly shareOfMatmul?: { readonly time: number; readonly cpuTime: number };
  /** Bytes. */
  readonly memory?: {
    readonly head: number;
    readonly optimizer: number;
    readonly peak: number;
    /** Of the peak, what is neither head nor optimiser: the gradient, logits, the runtime. */
    readonly beyond: number;
  };
}

/** Beyond head and optimiser a step at the default sizes takes at most this. */
export const mostBytesBeyond = 2 ** 30;

const tolerance = 1e-4;

/** @throws InterruptedError after the signal */
export async function benchmarkTraining(options: TrainBenchmarkOptions): Promise<TrainRecord> {
  const { backend, sizes, repetitions, warmUp, clock, cpuClock, peakBytes, signal } = options;
  const error = await errorOfSmallHead(backend);
  const check = { error, tolerance, correct: error <= tolerance };
  if (!check.correct) return { sizes, check };

  const head = await randomValues(sizes);
  const rows = await randomRows(sizes);
  const trainer = await createHeadTrainer(backend, { head, chunk: sizes.chunk, clip: 1 });
  const columns = sizes.arHiddenSize + sizes.mlmHiddenSize;
  const flops = 4 * sizes.tokens * columns * sizes.vocabularySize;
  const product = await plainProduct(backend, flops);
  const times: Record<'step' | 'gradient' | 'update' | 'cpu' | 'product' | 'productCpu', number>[] = [];
  try {
    for (let i = -warmUp; i < repetitions; i++) {
      if (signal?.aborted) throw new InterruptedError();
      const [started, cpuStarted] = [clock(), cpuClock()];
      await trainer.accumulate(rows);
      const accumulated = clock();
      await trainer.update(1e-4);
      const ended = clock();
      const cpu = cpuClock() - cpuStarted;
      const products = await timesOf(product.run, options);
      if (i >= 0)
        times.push({
          step: ended - started,
          gradient: accumulated - started,
          update: ended - accumulated,
          cpu,
          product: products.time,
          productCpu: products.cpuTime,
        });
    }
  } finally {
    trainer.dispose();
    product.dispose();
  }
  const headBytes = 4 * sizes.vocabularySize * (columns + 1);
  const memory = {
    head: headBytes,
    optimizer: 2 * headBytes,
    peak: peakBytes(),
    beyond: peakBytes() - 3 * headBytes,
  };
  const part = (name: keyof (typeof times)[number]) => summarizeTimes(times.map((time) => time[name]));
  const productFlops = product.flops;
  const ratio = (name: 'step' | 'cpu', product: 'product' | 'productCpu') =>
    summarizeTimes(times.map((time) => (flops / time[name]) * (time[product] / productFlops))).median;
  return {
    sizes,
    check,
    ms: { step: part('step'), gradient: part('gradient'), update: part('update') },
    tokensPerSecond: (1000 * sizes.tokens) / part('step').min,
    gigaflopsPerSecond: flops / part('step').min / 1e6,
    gigaflopsPerCpuSecond: flops / part('cpu').min / 1e6,
    matmul: {
      gigaflopsPerSecond: productFlops / part('product').min / 1e6,
      gigaflopsPerCpuSecond: productFlops / part('productCpu').min / 1e6,
    },
    shareOfMatmul: { time: ratio('step', 'product'), cpuTime: ratio('cpu', 'productCpu') },
    memory,
  };
}

async function randomValues({
  vocabularySize,
  arHiddenSize,
  mlmHiddenSize,
}: TrainSizes): Promise<HeadArrays> {
  const scale = 1 / Math.sqrt(arHiddenSize + mlmHiddenSize);
  const matrix = (columns: number, start: number) =>
    fillWith(
      new Float32Array(vocabularySize * columns),
      normals(normalsPeriod, start).map((value) => scale * value),
    );
  return {
    vocabularySize,
    ar: await matrix(arHiddenSize, 0),
    mlm: await matrix(mlmHiddenSize, 1),
    bias: new Float32Array(vocabularySize),
  };
}

async function randomRows({
  vocabularySize,
  arHiddenSize,
  mlmHiddenSize,
  tokens,
}: TrainSizes): Promise<HiddenRows> {
  // Drawn apart from the head, whose numbers repeat: rows that are alike would make certain predictions, and gradients and moments
  // of less than 1e-38, for which processors take many times as long.
  const matrix = async (columns: number, seed: number) => {
    const key = randomKey(seed);
    const data = new Float32Array(tokens * columns);
    for (let i = 0; i < data.length; i++) {
      data[i] = key.normal(i, 0);
      if (i % normalsPeriod === normalsPeriod - 1) await ownTurn();
    }
    return { rows: tokens, columns, data };
  };
  // A prime step visits targets all over the vocabulary.
  const targets = Int32Array.from({ length: tokens }, (_, i) => (i * 7919) % vocabularySize);
  return { ar: await matrix(arHiddenSize, 2), mlm: await matrix(mlmHiddenSize, 3), targets };
}

/** Several blocks of rows and several chunks, of uneven sizes. */
const small: TrainSizes = { vocabularySize: 97, arHiddenSize: 24, mlmHiddenSize: 16, tokens: 29, chunk: 8 };

async function errorOfSmallHead(backend: Backend): Promise<number> {
  const heads: HeadArrays[] = [];
  for (const runs of [backend, inTurns(referenceBackend())]) {
    const head = await randomValues(small);
    const trainer = await createHeadTrainer(runs, { head, chunk: small.chunk, blockRows: 20, clip: 1 });
    try {
      for (let step = 0; step < 3; step++) {
        await trainer.accumulate(await randomRows(small));
        await trainer.update(1e-3);
      }
      heads.push(await trainer.head());
    } finally {
      trainer.dispose();
    }
  }
  const [actual, expected] = heads as [HeadArrays, HeadArrays];
  let worst = 0;
  for (const part of ['ar', 'mlm', 'bias'] as const) {
    expected[part].forEach((x, i) => {
      const difference = Math.abs(actual[part][i]! - x);
      if (!(difference <= worst)) worst = difference;
    });
  }
  return worst;
}

const largestProduct = 2048;
const smallestProduct = 128;

/** No more work than a step, so that a slow device spends its time on steps. The plain evaluation would take minutes for a large one, in which it hears no signal. */
function productSizeOf({ name }: Backend, stepFlops: number): number {
  let size = largestProduct;
  while (size > smallestProduct && (name === 'reference' || 2 * size ** 3 > stepFlops)) size /= 2;
  return size;
}

async function plainProduct(
  backend: Backend,
  stepFlops: number,
): Promise<{ flops: number; run(): Promise<unknown>; dispose(): void }> {
  const productSize = productSizeOf(backend, stepFlops);
  const shape = [productSize, productSize];
  const product = trace({ result: ops.matmul(input('a', shape), input('b', shape)) });
  const executable = await backend.compile(product, weightsInMemory({}));
  const values = {
    a: float32(normals(productSize ** 2), shape),
    b: float32(normals(productSize ** 2, 1), shape),
  };
  return {
    flops: 2 * productSize ** 3,
    run: () => executable.run(values),
    dispose: () => executable.dispose(),
  };
}

/** As long as a tenth of a step, in which the machine's speed goes up and down as well. */
const timedProducts = 5;

/** Medians: the first one after a step finds the caches cold. */
async function timesOf(
  run: () => Promise<unknown>,
  { clock, cpuClock }: Pick<TrainBenchmarkOptions, 'clock' | 'cpuClock'>,
): Promise<{ time: number; cpuTime: number }> {
  const times: { time: number; cpuTime: number }[] = [];
  for (let i = 0; i < timedProducts; i++) {
    const [started, cpuStarted] = [clock(), cpuClock()];
    await run();
    times.push({ time: clock() - started, cpuTime: cpuClock() - cpuStarted });
  }
  return {
    time: summarizeTimes(times.map(({ time }) => time)).median,
    cpuTime: summarizeTimes(times.map(({ cpuTime }) => cpuTime)).median,
  };
}
