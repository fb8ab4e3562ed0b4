// What is shown of the throughput benchmark.
import type { MariaModel } from '@maria/core';
import * as bench from '@maria/eval';
import { describe, expect, test } from 'vitest';
import { type Benchmarks, runThroughput, type ThroughputRun } from './run-throughput.js';

const record: bench.ThroughputRecord = {
  system: 'maria',
  quantize: 'int4',
  length: 128,
  texts: 1,
  batch: 1,
  speculate: 'off',
  maskRate: 0.5,
  temperature: 0,
  seed: 0,
  repetitions: 3,
  gaps: 63,
  filled: 63,
  gapsPerSecond: 33.3,
  tokensPerSecond: 66.6,
  msPerGap: { min: 29, median: 30 },
  stepMs: { min: 24, median: 25 },
  passes: { mlm: 1, ar: 63 },
  drafted: 0,
  accepted: 0,
  window: 0,
  memory: { peakRss: 2 ** 31, kvCache: 2 ** 29 },
  time: { load: 2500, mlm: 300, ar: 1400, head: 150, sampling: 39.5, copies: 0.5 },
};

const arRecord: bench.ThroughputRecord = {
  ...record,
  system: 'ar',
  filled: 20,
  passes: { mlm: 0, ar: 20 },
};

/** Nothing looks into its model: the benchmark is stood in for. */
const form = (quantize: bench.LoadedForm['quantize'], loadMs = 2500): bench.LoadedForm => ({
  quantize,
  loadMs,
  model: {} as MariaModel,
});

async function shown(more: Partial<ThroughputRun> = {}, measured = [record, arRecord]) {
  let stdout = '';
  let disposed = 0;
  const notes: string[] = [];
  const run: ThroughputRun = {
    forms: [form('int4')],
    options: { clock: () => 0 } as bench.ThroughputOptions,
    pair: 'a+b',
    device: 'cpu',
    machine: { cpu: 'any', cpus: 2, memoryGiB: 8, load: 0, node: 'v20' },
    readWeights: {
      // 20 MB a millisecond.
      open: async () => ({ measure: async () => 20e6, dispose: () => disposed++ }),
      weights: (quantize) =>
        quantize === 'none' ? { bytes: 4e9, storedBytes: 4e9 } : { bytes: 400e6, storedBytes: 333e6 },
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
  const benchmarks: Benchmarks = {
    ...bench,
    benchmarkThroughput: async () =>
      (async function* () {
        yield* measured;
      })(),
  };
  const records = await runThroughput(benchmarks, run);
  return { records, lines: stdout.trimEnd().split('\n'), notes, disposed };
}

test('a table, with what a step of maria reads, and what all records share', async () => {
  const { records, lines, notes, disposed } = await shown();
  expect(records).toHaveLength(2);
  expect(lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toEqual([
    'length | system | gaps | gaps/s | tokens/s | ms/gap min | median | step min | passes MLM | AR | MLM ms | AR | head | sampling | copies',
    '128 | maria | 63 | 33.3 | 66.6 | 29.0 | 30.0 | 24.0 | 1 | 63 | 300 | 1400 | 150 | 39.5 | 0.500',
    '128 | ar | 20/63 | 33.3 | 66.6 | 29.0 | 30.0 | 24.0 | 0 | 20 | 300 | 1400 | 150 | 39.5 | 0.500',
  ]);
  expect(notes).toEqual([
    'any, 2 CPUs, 8 GiB, load 0, Node v20; a+b, int4',
    'maria, int4 at length 128: fastest step 24.0 ms; reading its weights, 400 MB in memory (333 MB stored), at 20.0 GB/s takes 20.0 ms: 1.20',
    'load: 2500 ms, peak memory: 2048 MiB, allocated for KV cache: 512 MiB',
  ]);
  expect(disposed).toBe(1);
});

test('records, with the same in them', async () => {
  const { lines, notes } = await shown({ json: true });
  expect(notes).toEqual([]);
  const [maria, ar] = lines.map((line) => JSON.parse(line));
  const common = { pair: 'a+b', quantize: 'int4', machine: { cpus: 2 } };
  const weightRead = { bytes: 400e6, storedBytes: 333e6, ms: 20, ratio: 1.2 };
  expect(maria).toMatchObject({ ...record, ...common, weightRead });
  expect(ar).toMatchObject({ system: 'ar', ...common });
  expect(ar).not.toHaveProperty('weightRead');
});

test('without known weights nothing is compared', async () => {
  const forms = [form('none')] as const;
  const { notes } = await shown({ readWeights: undefined, forms }, [{ ...record, quantize: 'none' }]);
  expect(notes).toEqual([
    'any, 2 CPUs, 8 GiB, load 0, Node v20; a+b',
    'load: 2500 ms, peak memory: 2048 MiB, allocated for KV cache: 512 MiB',
  ]);
});

describe('several quantisations', () => {
  const forms = [form('none', 9000), form('int4')] as const;
  const compared: bench.ThroughputRecord[] = [
    { ...record, quantize: 'none' },
    { ...record, speedup: 3.104 },
    { ...record, quantize: 'none', system: 'ar' },
    { ...record, system: 'ar', speedup: 2 },
    { ...record, quantize: 'none', length: 256 },
    { ...record, length: 256, speedup: 3 },
  ];

  test('have a column, and each after the first a line that compares it', async () => {
    const { lines, notes } = await shown({ forms }, compared);
    const cells = lines.map((line) => line.trim().split(/ +/).slice(0, 4));
    expect(cells).toEqual([
      ['length', 'system', 'quantize', 'gaps'],
      ['128', 'maria', 'none', '63'],
      ['128', 'maria', 'int4', '63'],
      ['128', 'ar', 'none', '63'],
      ['128', 'ar', 'int4', '63'],
      ['256', 'maria', 'none', '63'],
      ['256', 'maria', 'int4', '63'],
    ]);
    expect(notes).toEqual([
      'any, 2 CPUs, 8 GiB, load 0, Node v20; a+b, none and int4',
      'int4 fills 3.10 times as many gaps a second as none at length 128 (maria), 2.00 times (ar)',
      'int4 fills 3.00 times as many gaps a second as none at length 256 (maria)',
      'maria at length 128: fastest step 24.0 ms; reading its weights, 4000 MB in memory (4000 MB stored), at 20.0 GB/s takes 200 ms: 0.12',
      expect.stringMatching(/^maria, int4 at length 128: .* 400 MB in memory .* 20\.0 ms: 1\.20$/),
      expect.stringMatching(/^maria at length 256: /),
      expect.stringMatching(/^maria, int4 at length 256: /),
      'load: 9000 ms (none), 2500 ms (int4), peak memory: 2048 MiB, allocated for KV cache: 1024 MiB',
    ]);
  });

  test('are compared with caution where a run was ended early', async () => {
    const [first, ...others] = compared;
    const { notes } = await shown({ forms, readWeights: undefined }, [{ ...first!, filled: 20 }, ...others]);
    expect(notes.slice(1, 3)).toEqual([
      expect.stringMatching(/2\.00 times \(ar\); --time-limit ended some runs, which makes this inexact$/),
      expect.stringMatching(/^int4 fills 3\.00 times .* \(maria\)$/),
    ]);
  });

  test('are told in records too', async () => {
    const { lines } = await shown({ forms, json: true }, compared.slice(0, 2));
    const [none, int4] = lines.map((line) => JSON.parse(line));
    expect(none).toMatchObject({ quantize: 'none', weightRead: { bytes: 4e9 } });
    expect(none).not.toHaveProperty('speedup');
    expect(int4).toMatchObject({ quantize: 'int4', speedup: 3.104, weightRead: { bytes: 400e6 } });
  });
});

test('batches and drafts have columns, and lines that compare them', async () => {
  const batches: bench.ThroughputRecord[] = [
    record,
    { ...record, speculate: 'auto', acceptance: 0.6, drafted: 90, accepted: 40, window: 3.91, speedup: 1.4 },
    { ...record, batch: 16, texts: 16, speedup: 4.25 },
  ];
  const options = {
    clock: () => 0,
    batches: [1, 16],
    speculates: ['off', 'auto'],
    acceptances: [0.6],
  } as unknown as bench.ThroughputOptions;
  const { lines, notes } = await shown({ options }, batches);
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  expect(cells.map((row) => row.slice(2, 5))).toEqual([
    ['batch', 'speculate', 'acceptance'],
    ['1', 'off', '63'],
    ['1', 'auto', '0.6'],
    ['16', 'off', '63'],
  ]);
  expect(cells.map((row) => row.slice(-3))).toEqual([
    ['drafted', 'accepted', 'window'],
    ['0', '0', '0.0'],
    ['90', '40', '3.9'],
    ['0', '0', '0.0'],
  ]);
  expect(notes.slice(1, -1)).toEqual([
    'batch 1, speculate auto, acceptance 0.6 fills 1.40 times as many gaps a second as batch 1, speculate off at length 128 (maria)',
    'batch 16, speculate off fills 4.25 times as many gaps a second as batch 1, speculate off at length 128 (maria)',
    // Only a step of one text without drafts is one pass.
    expect.stringMatching(/^maria, int4 at length 128: fastest step/),
  ]);
});
