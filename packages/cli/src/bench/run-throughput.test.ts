// What is shown of the throughput benchmark.
import type { MariaModel } from '@maria/core';
import * as bench from '@maria/eval';
import { expect, test } from 'vitest';
import { type Benchmarks, runThroughput, type ThroughputRun } from './run-throughput.js';

const record: bench.ThroughputRecord = {
  system: 'maria',
  length: 128,
  maskRate: 0.5,
  seed: 0,
  repetitions: 3,
  gaps: 63,
  filled: 63,
  tokensPerSecond: 33.3,
  msPerGap: { min: 29, median: 30 },
  stepMs: { min: 24, median: 25 },
  passes: { mlm: 1, ar: 63 },
  memory: { peakRss: 2 ** 31, kvCache: 2 ** 29 },
  time: { load: 2500, mlm: 300, ar: 1400, head: 150, sampling: 39.5, copies: 0.5 },
};

/** Two records that were measured before. */
const measured: Benchmarks = {
  ...bench,
  benchmarkThroughput: async function* () {
    yield record;
    yield { ...record, system: 'ar', filled: 20, passes: { mlm: 0, ar: 20 } };
  },
};

async function shown(more: Partial<ThroughputRun> = {}) {
  let stdout = '';
  let disposed = 0;
  const notes: string[] = [];
  const run: ThroughputRun = {
    // The benchmark that is stood in for is the only one that looks at these two.
    model: {} as MariaModel,
    options: { clock: () => 0 } as bench.ThroughputOptions,
    pair: 'a+b',
    quantize: 'int4',
    machine: { cpu: 'any', cpus: 2, memoryGiB: 8, load: 0, node: 'v20' },
    readWeights: {
      // 20 MB a millisecond.
      open: async () => ({ measure: async () => 20e6, dispose: () => disposed++ }),
      bytes: 400e6,
    },
    json: false,
    sink: {
      write: async (text) => {
        stdout += text;
      },
      close: async () => {},
      abandon: async () => undefined,
    },
    note: (line) => notes.push(line),
    ...more,
  };
  const records = await runThroughput(measured, run);
  return { records, lines: stdout.trimEnd().split('\n'), notes, disposed };
}

test('a table, with what a step of maria reads, and what all records share', async () => {
  const { records, lines, notes, disposed } = await shown();
  expect(records).toHaveLength(2);
  expect(lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toEqual([
    'length | system | gaps | tokens/s | ms/gap min | median | step min | passes MLM | AR | MLM ms | AR | head | sampling | copies',
    '128 | maria | 63 | 33.3 | 29.0 | 30.0 | 24.0 | 1 | 63 | 300 | 1400 | 150 | 39.5 | 0.500',
    '128 | ar | 20/63 | 33.3 | 29.0 | 30.0 | 24.0 | 0 | 20 | 300 | 1400 | 150 | 39.5 | 0.500',
  ]);
  expect(notes).toEqual([
    'any, 2 CPUs, 8 GiB, load 0, Node v20; a+b, int4',
    'maria at length 128: fastest step 24.0 ms; reading its 400 MB of weights at 20.0 GB/s takes 20.0 ms: 1.20',
    'load: 2500 ms, peak memory: 2048 MiB, of which KV cache: 512 MiB',
  ]);
  expect(disposed).toBe(1);
});

test('records, with the same in them', async () => {
  const { lines, notes } = await shown({ json: true });
  expect(notes).toEqual([]);
  const [maria, ar] = lines.map((line) => JSON.parse(line));
  const common = { pair: 'a+b', quantize: 'int4', machine: { cpus: 2 } };
  expect(maria).toMatchObject({ ...record, ...common, weightRead: { bytes: 400e6, ms: 20, ratio: 1.2 } });
  expect(ar).toMatchObject({ system: 'ar', ...common });
  expect(ar).not.toHaveProperty('weightRead');
});

test('without known weights nothing is compared', async () => {
  const { notes } = await shown({ readWeights: undefined, quantize: 'none' });
  expect(notes).toEqual([
    'any, 2 CPUs, 8 GiB, load 0, Node v20; a+b',
    'load: 2500 ms, peak memory: 2048 MiB, of which KV cache: 512 MiB',
  ]);
});
