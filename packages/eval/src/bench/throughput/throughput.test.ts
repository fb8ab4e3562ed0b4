// The throughput benchmark on a pair of random weights: what is written, what is counted, and what adds up.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError, type MariaModel } from '@maria/core';
import { chooseBackend, loadModel } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWeightReader } from '../weight-reading.js';
import { throughputChart } from './chart.js';
import { decodeStepBytes, weightRead } from './decode-step.js';
import { fits, maskedSequence } from './masked-sequence.js';
import { miniPair } from './mini-pair.test.support.js';
import { randomPair } from './random-pair.js';
import {
  benchmarkThroughput,
  systemNames,
  type ThroughputOptions,
  type ThroughputRecord,
} from './run-throughput.js';

const cache = mkdtempSync(join(tmpdir(), 'maria-throughput-'));
let model: MariaModel;

beforeAll(async () => {
  model = await loadModel({ ...(await randomPair(miniPair, { folder: cache })), threads: 1 });
});
afterAll(() => {
  model.dispose();
  rmSync(cache, { recursive: true });
});

/** A millisecond passes with each look at the clock. */
function ticking() {
  let now = 0;
  return () => ++now;
}

async function recordsOf(options: Partial<ThroughputOptions> = {}) {
  const records: ThroughputRecord[] = [];
  const all = {
    loadMs: 5,
    systems: systemNames,
    lengths: [18],
    maskRate: 0.5,
    repetitions: 3,
    warmUp: 1,
    seed: 0,
    timeLimit: 1e9,
    clock: ticking(),
    ...options,
  };
  for await (const record of benchmarkThroughput(model, all)) records.push(record);
  return records;
}

describe('a random pair', () => {
  test('is one folder a model, written once', async () => {
    const folders = await randomPair(miniPair, { folder: cache });
    expect(readdirSync(cache)).toHaveLength(2);
    const before = statSync(join(folders.ar, 'model.safetensors')).mtimeMs;
    const onWrite = () => expect.unreachable();
    expect(await randomPair(miniPair, { folder: cache, onWrite })).toEqual(folders);
    expect(statSync(join(folders.ar, 'model.safetensors')).mtimeMs).toBe(before);
  });

  test('has other folders for another dtype, and those load too', async () => {
    const written: number[] = [];
    const onWrite = (_folder: string, bytes: number) => written.push(bytes);
    const folders = await randomPair(miniPair, { folder: cache, dtype: 'bfloat16', onWrite });
    expect(readdirSync(cache)).toHaveLength(4);
    const [ar] = written;
    const { size } = statSync(join(folders.ar, 'model.safetensors'));
    expect(size - ar!).toBeGreaterThan(0);
    expect(size - ar!).toBeLessThan(4096);
    const loaded = await loadModel({ ...folders, threads: 1 });
    expect(loaded.head.vocabularySize).toBe(64);
    loaded.dispose();
  });

  test('that is interrupted leaves no weights', async () => {
    const folder = join(cache, 'interrupted');
    const signal = AbortSignal.abort();
    await expect(randomPair(miniPair, { folder, signal })).rejects.toThrow(InterruptedError);
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((file) => file.includes('safetensors'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe('a masked sequence', () => {
  const sequence = (seed: number, maskRate = 0.5) => maskedSequence(model, { length: 18, maskRate, seed });

  test('has the mask rate exactly, no special tokens, and is the same for the same seed', () => {
    const { ids, positions } = sequence(1);
    // [CLS] and [SEP] are two of the eighteen.
    expect(ids).toHaveLength(16);
    expect(positions).toHaveLength(8);
    expect([...positions].sort((a, b) => a - b)).toEqual(positions);
    const { maskId, specialIds } = model.vocabulary;
    for (const [i, id] of ids.entries()) {
      expect(id === maskId).toBe(positions.includes(i));
      expect(specialIds.has(id)).toBe(id === maskId);
    }
    expect(sequence(1)).toEqual({ ids, positions });
    expect(sequence(2)).not.toEqual({ ids, positions });
  });

  test('may be masked as a whole after a document start, and needs one gap', () => {
    expect(sequence(0, 1).positions).toHaveLength(16);
    expect(() => sequence(0, 0.01)).toThrow(RangeError);
  });

  test('fits where both models can read it', () => {
    expect([64, 65].map((length) => fits(model, length))).toEqual([true, false]);
  });
});

describe('the weights that a decode step multiplies', () => {
  // Two layers of q, k, v, o and a gated MLP, and the rows of the head that both models have.
  const elements = 2 * (4 * 16 * 16 + 3 * 16 * 24) + 64 * 16;

  test('are those of the AR model and its half of the head, with the scales of their blocks', () => {
    expect(decodeStepBytes(miniPair, 'none')).toBe(4 * elements);
    expect(decodeStepBytes(miniPair, 'int4')).toBe(0.625 * elements);
    expect(decodeStepBytes(miniPair, 'int8')).toBe(1.125 * elements);
  });

  test('are compared with the time of reading them', async () => {
    const [record] = await recordsOf({ systems: ['maria'], repetitions: 1 });
    expect(weightRead(record!, 1000, 50)).toEqual({ bytes: 1000, ms: 20, ratio: record!.stepMs.min / 20 });
  });

  test('are read at a speed', async () => {
    const reader = await createWeightReader(await chooseBackend({ backend: 'ort' }), 100_000);
    // Thirteen rows of 2048 numbers, in one tick.
    expect(await reader.measure({ warmUp: 1, repetitions: 2, clock: ticking() })).toBe(13 * 2048 * 4);
    reader.dispose();
  });
});

describe('records', () => {
  test('there is one for each length and system, with its passes, and its times add up', async () => {
    const records = await recordsOf({ lengths: [10, 18] });
    expect(records.map(({ length, system }) => [length, system])).toEqual(
      [10, 18].flatMap((length) => systemNames.map((system) => [length, system])),
    );
    for (const record of records) {
      const { system, length, gaps, filled, passes, msPerGap, stepMs, tokensPerSecond, time, memory } =
        record;
      expect(record).toMatchObject({ maskRate: 0.5, seed: 0, repetitions: 3 });
      expect(gaps).toBe((length - 2) / 2);
      expect(filled).toBe(gaps);
      expect(passes).toEqual(
        {
          maria: { mlm: 1, ar: gaps },
          'mlm-autoregressive': { mlm: gaps, ar: 0 },
          ar: { mlm: 0, ar: gaps },
        }[system],
      );
      const { load, mlm, ar, head, sampling, copies } = time;
      expect(load).toBe(5);
      // A call of a part takes one tick.
      expect([mlm, ar]).toEqual([passes.mlm, passes.ar]);
      expect(head).toBe(system === 'maria' ? gaps + 1 : gaps);
      expect(Math.min(sampling, copies)).toBeGreaterThan(0);
      expect(stepMs.min).toBeGreaterThan(0);
      expect(stepMs.median).toBeLessThanOrEqual(msPerGap.median);
      expect((mlm + ar + head + sampling + copies) / filled).toBeCloseTo(msPerGap.median, 9);
      expect(msPerGap.min).toBeLessThanOrEqual(msPerGap.median);
      expect(tokensPerSecond).toBeCloseTo(1000 / msPerGap.median, 9);
      // Keys and values of two layers, 64 tokens of 16 numbers.
      expect(memory.kvCache).toBe(2 * 2 * 64 * 16 * 4);
      expect(memory.peakRss).toBeGreaterThan(1e7);
    }
  });

  test('a run whose time is over ends with the gap in hand, and says so', async () => {
    for (const { gaps, filled, passes, system } of await recordsOf({ timeLimit: 1, repetitions: 2 })) {
      expect(gaps).toBe(8);
      expect(filled).toBe(1);
      expect(passes.mlm + passes.ar).toBe(system === 'maria' ? 2 : 1);
    }
  });

  test('a length that a model cannot read is refused before anything is run', async () => {
    const clock = () => expect.unreachable();
    await expect(recordsOf({ lengths: [18, 80], clock })).rejects.toMatchObject({ code: 'context-too-long' });
  });

  test('an aborted run stops', async () => {
    await expect(recordsOf({ signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
  });

  test('are drawn as a line for each system', async () => {
    const svg = throughputChart(await recordsOf({ lengths: [10, 18], repetitions: 1 }), 'mini');
    expect(svg).toContain('Throughput of mini at mask rate 0.5');
    for (const system of systemNames) expect(svg).toContain(`>${system}</text>`);
    expect(svg.match(/<polyline /g)).toHaveLength(3);
  });
});
