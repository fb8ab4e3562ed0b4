// Whether a backend gives a row the same bits on this machine, whatever is computed beside it.
import {
  type Backend,
  blockSize,
  blocksInMemory,
  type Executable,
  float32,
  type Inputs,
  input,
  ops,
  quantizeBlocks,
  type StateStorage,
  state,
  trace,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { sameBits, scattered } from './scattered.js';

export interface RowsProbe {
  /** Of the backend. @default its own */
  readonly threads?: number | undefined;
  /** Of the AR model. @default 64 */
  readonly headSize?: number;
  /** Of the KV cache. @default 'float32' */
  readonly storage?: StateStorage;
  /** Whether there are matrices of int4. @default false */
  readonly int4?: boolean;
  /** Whether attention is within windows, or its scores are bounded. @default false */
  readonly limited?: boolean;
}

const known = new Map<string, Promise<boolean>>();

/**
 * Computes rows alone and among others, and compares their bits: products and functions of rows, and attention over KV caches in
 * chunks and beside other lanes. Found out once for a kind of backend and of model. Attention of packed sequences needs no check:
 * each is all that its kernel is given.
 */
export function rowsAreExact(backend: Backend, probe: RowsProbe = {}): Promise<boolean> {
  const { threads, headSize = 64, storage = 'float32', int4 = false, limited = false } = probe;
  const key = JSON.stringify([backend.name, backend.device, threads, headSize, storage, int4, limited]);
  let exact = known.get(key);
  if (!exact) {
    exact = find(backend, { headSize, storage, int4, limited });
    known.set(key, exact);
  }
  return exact;
}

async function find(
  backend: Backend,
  { headSize, storage, int4, limited }: Required<Omit<RowsProbe, 'threads'>>,
): Promise<boolean> {
  return (
    (await productsAreExact(backend, floatMatrix())) &&
    (!int4 || (await productsAreExact(backend, int4Matrix()))) &&
    (await attentionIsExact(backend, headSize, storage)) &&
    (!limited || (await attentionIsExact(backend, headSize, storage, limits)))
  );
}

/** Inputs and outputs of a matrix: more than kernels take at once. */
const [inputs, outputs] = [320, 192];

/** Rows of one product. Kernels take up to 12 at a time, and share many among threads, some 128 to each: of 129, one is left. */
const rowCounts = [1, 2, 3, 6, 12, 13, 33, 129];
const mostRows = 130;

/** Through what each token goes by itself, once with all rows and then with the last few. */
async function productsAreExact(backend: Backend, weights: WeightSource): Promise<boolean> {
  const x = input('x', ['rows', inputs]);
  const product = ops.linear(ops.rmsNorm(x, weight('scale', [inputs]), 1e-5), weight('w', [outputs, inputs]));
  const y = ops.add(ops.gelu(product), ops.add(ops.silu(product), ops.softmax(product)));
  const rows = scattered(mostRows * inputs, 1);
  return using(await backend.compile(trace({ y }), weights), async (executable) => {
    const last = async (count: number) => {
      const data = rows.subarray((mostRows - count) * inputs);
      return (await executable.run({ x: float32(data, [count, inputs]) })).y!.data as Float32Array;
    };
    const all = (await last(mostRows)).slice();
    for (const count of rowCounts)
      if (!sameBits(await last(count), all.subarray((mostRows - count) * outputs))) return false;
    return true;
  });
}

function floatMatrix(): WeightSource {
  return weightsInMemory({
    scale: { shape: [inputs], data: scattered(inputs, 2) },
    w: { shape: [outputs, inputs], data: scattered(outputs * inputs, 3) },
  });
}

function int4Matrix(): WeightSource {
  const plain = floatMatrix();
  const data = new Uint8Array((outputs * inputs) / 2);
  const scales = new Float32Array((outputs * inputs) / blockSize);
  quantizeBlocks(plain.read('w').slice(), data, scales);
  const w = blocksInMemory({ name: 'w', shape: [outputs, inputs], axis: 1 }, data, scales);
  return { ...plain, get: (name) => (name === 'w' ? w : plain.get(name)) };
}

const heads = 4;
const kvHeads = 2;
const lanes = 4;
/** Tokens of the sequence. */
const length = 202;
/** How it is read, beside how many other lanes. Each adds up to the length. Kernels take 128 rows at a time: of 129, one is left. */
const readings: readonly { readonly chunks: readonly number[]; readonly others: number }[] = [
  { chunks: [1, 2, 3, 1, 9, 33, 1, 22, 129, 1], others: 0 },
  { chunks: [129, 1, 2, 70], others: 1 },
  { chunks: [2, 1, 3, 1, 1, 65, 129], others: 3 },
];

/** Shorter than the sequence and longer than most readings, and far enough below the largest scores. */
const limits = { window: 20, softcap: 0.5 };

async function attentionIsExact(
  backend: Backend,
  headSize: number,
  storage: StateStorage,
  form: Partial<typeof limits> = {},
): Promise<boolean> {
  const widths = { q: heads * headSize, k: kvHeads * headSize, v: kvHeads * headSize };
  const given = (name: keyof typeof widths) => input(name, [1, 'time', widths[name]]);
  const cache = (name: string) => state(name, [lanes, kvHeads, length, headSize], storage);
  const y = ops.laneAttention(
    given('q'),
    given('k'),
    given('v'),
    cache('keys'),
    cache('values'),
    ops.laneSlots(),
    { heads, kvHeads, ...form },
  );
  /** Each lane's own sequence, but for the one that is looked at: it is read by whichever lane comes last. */
  const tokens = (sequence: number, name: keyof typeof widths) =>
    scattered(length * widths[name], 10 + 3 * sequence + ['q', 'k', 'v'].indexOf(name));
  const sequences = Array.from({ length: lanes }, (_, sequence) => ({
    q: tokens(sequence, 'q'),
    k: tokens(sequence, 'k'),
    v: tokens(sequence, 'v'),
  }));
  const inputsOf = (reads: readonly { sequence: number; lane: number; past: number; count: number }[]) => {
    const time = reads.reduce((total, { count }) => total + count, 0);
    const packed = (name: keyof typeof widths) => {
      const width = widths[name];
      const data = new Float32Array(time * width);
      let at = 0;
      for (const { sequence, past, count } of reads) {
        data.set(sequences[sequence]![name].subarray(past * width, (past + count) * width), at);
        at += count * width;
      }
      return float32(data, [1, time, width]);
    };
    const slots = reads.map(({ lane, past, count }) => ({ lane, pastLength: past, rowCount: count }));
    return { q: packed('q'), k: packed('k'), v: packed('v'), ...ops.slotInputs(slots) } satisfies Inputs;
  };
  return using(await backend.compile(trace({ y }), weightsInMemory({})), async (executable) => {
    const run = async (reads: Parameters<typeof inputsOf>[0]) =>
      (await executable.run(inputsOf(reads))).y!.data as Float32Array;
    const all = (await run([{ sequence: 0, lane: 0, past: 0, count: length }])).slice();
    for (const { chunks, others } of readings) {
      let past = 0;
      for (const [i, count] of chunks.entries()) {
        const beside = Array.from({ length: others }, (_, lane) => ({
          sequence: lane + 1,
          lane,
          past: i * (lane + 1),
          count: lane + 1,
        }));
        const rows = await run([...beside, { sequence: 0, lane: others, past, count }]);
        const own = rows.subarray(rows.length - count * widths.q);
        if (!sameBits(own, all.subarray(past * widths.q, (past + count) * widths.q))) return false;
        past += count;
      }
    }
    return true;
  });
}

async function using<T>(executable: Executable, use: (executable: Executable) => Promise<T>): Promise<T> {
  try {
    return await use(executable);
  } finally {
    executable.dispose();
  }
}
