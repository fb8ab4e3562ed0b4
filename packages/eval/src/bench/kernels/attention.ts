// Attention over a KV cache: one new token after a context, and a chunk of them.
import { float32, type Inputs, input, ops, type StateStorage, state, trace } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, type KernelCase, noData } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Tokens that the new ones attend to, themselves included. */
const contexts = [128, 1024, 2048];
/** Tokens of one pass while the cache is filled. */
export const fillChunk = 256;

/** Tokens that the reference reads at a time. */
const referenceRows = 16;

/** Of sums over keys and values rounded to 11 bits; the reference rounds them too, but not what is computed of them. */
const float16Tolerance = 0.005;

/** @param storage of the KV cache */
export function attentionBenchmarks(storage: StateStorage) {
  return function* (model: KernelShape): Generator<KernelBenchmark> {
    for (const capacity of model.capacities) yield attentionBenchmark(model, capacity, storage);
  };
}

interface AttentionSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly capacity: number;
  readonly storage: StateStorage;
}

/** One attention layer on q, k and v that are given. */
function attentionProgram({ heads, kvHeads, headSize, capacity, storage }: AttentionSizes) {
  const q = input('q', [1, 'time', heads * headSize]);
  const [k, v] = ['k', 'v'].map((name) => input(name, [1, 'time', kvHeads * headSize]));
  const [keys, values] = ['keys', 'values'].map((name) =>
    state(name, [1, kvHeads, capacity, headSize], storage),
  );
  return trace({ result: ops.laneAttention(q, k!, v!, keys!, values!, ops.laneSlots(), { heads, kvHeads }) });
}

function attentionBenchmark(model: KernelShape, capacity: number, storage: StateStorage): KernelBenchmark {
  const { heads, kvHeads } = model;
  const headSize = model.hiddenSize / heads;
  const tensors = ['q', 'k', 'v'] as const;
  /** Token t has the same q, k and v in whatever run it is read. */
  const inputsOf = (past: number, time: number): Inputs => ({
    ...Object.fromEntries(
      tensors.map((name, i) => {
        const width = (name === 'q' ? heads : kvHeads) * headSize;
        // Far from each other in the stream, so that they differ.
        const data = normals(time * width, (i + 1) * 1_000_003 + past * width);
        return [name, float32(data, [1, time, width])];
      }),
    ),
    ...ops.slotInputs([{ pastLength: past, rowCount: time }]),
  });
  // The last head of queries, and the head of keys and values that it reads: the reference takes minutes for all.
  const from = (count: number) => (count - 1) * headSize;
  const lastHead = (all: Inputs, first: number, time: number): Inputs => ({
    ...Object.fromEntries(
      tensors.map((name) => {
        const { data, shape } = all[name]!;
        const width = shape[2]!;
        const start = first * width + from(name === 'q' ? heads : kvHeads);
        const part = Float32Array.from(
          { length: time * headSize },
          (_, i) => data[Math.floor(i / headSize) * width + start + (i % headSize)]!,
        );
        return [name, float32(part, [1, time, headSize])];
      }),
    ),
    ...ops.slotInputs([{ pastLength: all.pastLengths!.data[0]! + first, rowCount: time }]),
  });
  return {
    kernel: storage === 'float16' ? 'attention-float16' : 'attention',
    model: model.name,
    program: attentionProgram({ heads, kvHeads, headSize, capacity, storage }),
    data: async () => noData,
    reference: {
      program: attentionProgram({ heads: 1, kvHeads: 1, headSize, capacity, storage }),
      data: (all) => all,
      *inputs(all) {
        const rows = all.q!.shape[1]!;
        for (let row = 0; row < rows; row += referenceRows)
          yield lastHead(all, row, Math.min(referenceRows, rows - row));
      },
      columns: Array.from({ length: headSize }, (_, i) => from(heads) + i),
    },
    ...(storage === 'float16' && { tolerance: float16Tolerance }),
    cases: casesOf({ heads, kvHeads, headSize, capacity, storage }, inputsOf),
  };
}

function casesOf(sizes: AttentionSizes, inputsOf: (past: number, time: number) => Inputs): KernelCase[] {
  const { storage, ...numbers } = sizes;
  const { heads, kvHeads, headSize, capacity } = numbers;
  const cacheBytes = storage === 'float16' ? 2 : 4;
  let filled = 0;
  return contexts
    .filter((context) => context <= capacity)
    .flatMap((context) =>
      // The longer pass first: it leaves the cache filled for the one-token pass.
      [...new Set([Math.min(fillChunk, context), 1])].map((time): KernelCase => {
        const past = context - time;
        const start = Math.min(filled, past);
        filled = context;
        // Query i of the pass sees past + i + 1 keys.
        const pairs = time * past + (time * (time + 1)) / 2;
        return {
          label: `${time} after ${past} of ${capacity}`,
          sizes: { ...numbers, newTokens: time, past },
          *before() {
            for (let at = start; at < past; at += fillChunk)
              yield inputsOf(at, Math.min(fillChunk, past - at));
          },
          inputs: () => inputsOf(past, time),
          flops: 4 * heads * headSize * pairs,
          bytes: headSize * (4 * 2 * time * (heads + kvHeads) + cacheBytes * 2 * kvHeads * context),
        };
      }),
    );
}
