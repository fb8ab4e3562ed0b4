// Whole runs of tiny models: they learn, stop, go on as if they never had, and write folders that open.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@maria/checkpoints';
import { readArchitecture } from '@maria/core';
import { chooseBackend } from '@maria/kernels';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PretrainOptions, pretrain } from './pretrain.js';
import { pretrainingRate } from './schedule.js';
import {
  architectureOf,
  batches,
  configs,
  type Family,
  families,
  framings,
  masking,
} from './tiny-models.test.support.js';
import { initializeParameters, readParameters } from './trainable-weights.js';
import { writeModel } from './write-model.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-pretrain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const schedule = { peak: 1e-2, warmup: 2, steps: 30, schedule: 'cosine', decay: 0 } as const;

async function run(family: Family, out: string, change: Partial<PretrainOptions> = {}) {
  return pretrain({
    backend: await chooseBackend({ backend: 'ort', threads: 1 }),
    architecture: architectureOf(family),
    parameters: initializeParameters(architectureOf(family), 1),
    training: batches,
    evaluation: batches,
    framing: framings[family],
    ...(family === 'modernbert' && { masking }),
    shapes: [
      { windows: 6, length: 16 },
      { windows: 8, length: 12 },
    ],
    windowsAtOnce: 4,
    schedule,
    weightDecay: 0.1,
    beta2: 0.95,
    clip: 1,
    out: join(folder, out),
    settings: 'seed 1',
    evaluateEvery: 10,
    saveEvery: 7,
    log: () => {},
    now: () => 0,
    signal: new AbortController().signal,
    ...change,
  });
}

describe.each(families)('pretraining %s', (family) => {
  it('learns, and writes how', async () => {
    const { evaluationLoss } = await run(family, 'a', { schedule: { ...schedule, steps: 80 } });
    const records = readFileSync(join(folder, 'a', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [first] = records;
    expect(first).toMatchObject({ step: 0, evalLoss: expect.closeTo(Math.log(40), 0) });
    expect(evaluationLoss).toBeLessThan(first.evalLoss - 0.3);
    expect(records.filter(({ loss }) => loss !== undefined).map(({ step }) => step)).toEqual(
      Array.from({ length: 80 }, (_, i) => i + 1),
    );
  });

  it('goes on from a checkpoint bit for bit', async () => {
    const whole = await run(family, 'whole', { schedule: { ...schedule, steps: 12 } });
    // Stopped in the seventh step, which it finishes.
    const stop = new AbortController();
    let clock = 0;
    const now = () => {
      if (++clock === 14) stop.abort();
      return clock;
    };
    const half = await run(family, 'parts', {
      schedule: { ...schedule, steps: 12 },
      saveEvery: 5,
      now,
      signal: stop.signal,
    });
    expect(half.steps).toBe(7);
    const rest = await run(family, 'parts', { schedule: { ...schedule, steps: 12 } });
    expect(rest.parameters).toEqual(whole.parameters);
  });

  it('writes a folder that opens as the same model', async () => {
    const { parameters } = await run(family, 'a', { schedule: { ...schedule, steps: 2 } });
    writeFileSync(join(folder, 'tokenizer.json'), '{"tokens": 40}');
    await writeModel(join(folder, 'model'), configs[family], parameters, folder);
    const { config, weights, tokenizer } = openCheckpoint(join(folder, 'model'));
    expect(tokenizer).toEqual({ tokens: 40 });
    const read = readParameters(readArchitecture(config, 'config.json'), weights);
    expect([...read.keys()].sort()).toEqual(parameters.map(({ name }) => name).sort());
    for (const { name, value } of parameters)
      value.forEach((x, i) => {
        const difference = Math.abs(read.get(name)![i]! - x);
        if (!(difference <= 2 ** -11 * Math.abs(x) + 2 ** -24))
          expect.fail(`${name}[${i}] differs by ${difference}`);
      });
  });
});

it('stops when it diverges, and keeps the last checkpoint that was good', async () => {
  const calm = { ...schedule, steps: 2 };
  await run('olmo', 'a', { schedule: calm });
  const checkpoint = join(folder, 'a', 'checkpoint.safetensors');
  const before = readFileSync(checkpoint);
  for (const [peak, steps, fact] of [
    [30, 3, 'after 3 steps the loss is '],
    [30, 30, 'after 3 steps the loss is '],
    [1e6, 30, 'after 4 steps the gradient is zero'],
  ] as const) {
    const wild = run('olmo', 'a', { schedule: { ...schedule, peak, steps } });
    await expect(wild).rejects.toThrow(`Cannot go on training: ${fact}`);
    expect(readFileSync(checkpoint).equals(before)).toBe(true);
  }
});

describe('a checkpoint', () => {
  it('of other settings is refused', async () => {
    const short = { ...schedule, steps: 1 };
    await run('olmo', 'a', { schedule: short });
    cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    await expect(run('olmo', 'b', { schedule: short, settings: 'seed 2' })).rejects.toThrow(
      'its run has the settings seed 1, this one has seed 2',
    );
  });
});

describe('pretrainingRate', () => {
  it('is the schedule, and falls to nothing over the last steps', () => {
    const plateau = { ...schedule, schedule: 'constant', decay: 10 } as const;
    const rates = [0, 1, 2, 19, 20, 25, 29].map((taken) => pretrainingRate(plateau, taken));
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([
      0.005, 0.01, 0.01, 0.01, 0.01, 0.005, 0.001,
    ]);
    expect(pretrainingRate(schedule, 16)).toBeCloseTo(0.005);
  });
});
