// The files of a run: the lock, metrics, the feature cache and states, and what a killed process leaves of them.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Matrix } from '@maria/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeatureCache, type FeatureCacheOptions } from './feature-cache.js';
import { MetricsFile, type MetricsRecord, readMetrics } from './metrics-file.js';
import { stateToGoOnFrom, takeFolder, trainingRun } from './run-folder.js';
import { lockRun } from './run-lock.js';
import { pruneStates } from './run-state.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('lockRun', () => {
  it('lets one run in at a time', async () => {
    const release = await lockRun(folder, trainingRun);
    await expect(lockRun(folder, trainingRun)).rejects.toMatchObject({
      code: 'run-locked',
      exitStatus: 1,
      message: `Cannot train in ${folder}: another run, process ${process.pid}, is training there.`,
    });
    release();
    expect(existsSync(join(folder, trainingRun.lock))).toBe(false);
    (await lockRun(folder, trainingRun))();
  });

  it('takes over from a process that died', async () => {
    writeFileSync(join(folder, trainingRun.lock), '999999999\n');
    const release = await lockRun(folder, trainingRun);
    expect(readFileSync(join(folder, trainingRun.lock), 'utf8')).toBe(`${process.pid}\n`);
    release();
  });
});

describe('a link that was planted in the folder', () => {
  it.each(['train.lock', 'features.bin', 'state', 'best'])('is refused: %s', async (name) => {
    const victim = join(folder, 'victim');
    mkdirSync(victim);
    const run = join(folder, 'run');
    mkdirSync(run);
    symlinkSync(victim, join(run, name));
    await expect(takeFolder(run, trainingRun)).rejects.toMatchObject({
      code: 'run-folder-link',
      message: `Cannot train in ${run}: its ${name} is a symbolic link, which a run does not follow.`,
    });
    expect(readdirSync(run)).toEqual([name]);
  });

  it('is not followed either when it comes after that check', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    for (const name of [trainingRun.lock, 'features.bin', 'metrics.jsonl'])
      symlinkSync(victim, join(folder, name));
    await expect(lockRun(folder, trainingRun)).rejects.toThrow('ELOOP');
    const options = { file: join(folder, 'features.bin'), maxBytes: 100, rows: 1, columns: 1, key: '' };
    await expect(FeatureCache.open(options)).rejects.toThrow('ELOOP');
    const metrics = await MetricsFile.open(join(folder, 'metrics.jsonl'), 0);
    await metrics.append({ step: 0, loss: 1, learningRate: 1, tokensPerSecond: 1, maskedTokens: 1 });
    await metrics.close();
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});

describe('what a run that begins would destroy', () => {
  it.each([
    ['config.json', 'it holds a model.'],
    ['best', 'it holds a model in best.'],
  ])('is refused: %s', (name, fact) => {
    mkdirSync(join(folder, name));
    for (const resume of [false, true]) expect(() => stateToGoOnFrom(folder, { resume })).toThrow(fact);
  });

  it('is not what a run left that was killed before its first save', () => {
    mkdirSync(join(folder, 'best'));
    writeFileSync(join(folder, 'metrics.jsonl'), '');
    expect(stateToGoOnFrom(folder, {})).toBeUndefined();
  });
});

describe('MetricsFile', () => {
  const record = (step: number): MetricsRecord => ({
    step,
    loss: 3,
    learningRate: 0.1,
    tokensPerSecond: 5,
    maskedTokens: 7,
  });

  it('appends records, and forgets those of steps that come again', async () => {
    const file = join(folder, 'metrics.jsonl');
    const first = await MetricsFile.open(file, 0);
    for (const step of [0, 1, 2]) await first.append(record(step));
    await first.sync();
    await first.close();
    appendFileSync(file, '{"step":3,"loss":2.');
    expect(readMetrics(file)).toHaveLength(3);
    const second = await MetricsFile.open(file, 2);
    await second.append({ ...record(2), evalLoss: 1 });
    await second.close();
    expect(readMetrics(file)).toEqual([record(0), record(1), { ...record(2), evalLoss: 1 }]);
    expect(second.records).toEqual(readMetrics(file));
    expect(readMetrics(join(folder, 'none.jsonl'))).toEqual([]);
  });
});

it('pruneStates keeps the newest state, and nothing that was left half written', async () => {
  for (const name of ['step-8', 'step-12', '.new-a1b2c3d4e5f6', 'notes'])
    mkdirSync(join(folder, 'state', name), { recursive: true });
  for (const name of ['metrics.jsonl', '.metrics.jsonl.0123456789ab.tmp', '.mine.tmp'])
    writeFileSync(join(folder, name), '');
  await pruneStates(folder);
  expect(readdirSync(join(folder, 'state')).sort()).toEqual(['notes', 'step-12']);
  expect(readdirSync(folder).sort()).toEqual(['.mine.tmp', 'metrics.jsonl', 'state']);
});

describe('FeatureCache', () => {
  const options = (): FeatureCacheOptions => ({
    file: join(folder, 'features.bin'),
    maxBytes: 3 * (16 + 4 * 2 * 3) + 1,
    rows: 3,
    columns: 2,
    key: 'a model',
  });
  const matrix = (rows: number, start: number): Matrix => ({
    rows,
    columns: 2,
    data: Float32Array.from({ length: 2 * rows }, (_, i) => start + i / 7),
  });

  it('gives back the bits that went in, within its size', async () => {
    const cache = await FeatureCache.open(options());
    expect(await cache.read(0)).toBeUndefined();
    await cache.write(2, matrix(3, 1));
    await cache.write(0, matrix(1, 2));
    await cache.write(3, matrix(2, 3));
    expect(await cache.read(2)).toEqual(matrix(3, 1));
    expect(await cache.read(0)).toEqual(matrix(1, 2));
    expect(await cache.read(1)).toBeUndefined();
    expect(await cache.read(3)).toBeUndefined();
    await cache.close();
    const again = await FeatureCache.open(options());
    expect(await again.read(2)).toEqual(matrix(3, 1));
    await again.close();
    expect(readFileSync(options().file).length).toBeLessThanOrEqual(options().maxBytes);
  });

  it('takes a slot that is damaged, cut off or of another model as empty', async () => {
    const cache = await FeatureCache.open(options());
    await cache.write(0, matrix(2, 1));
    await cache.write(1, matrix(3, 5));
    await cache.close();
    const other = await FeatureCache.open({ ...options(), key: 'another model' });
    expect(await other.read(1)).toBeUndefined();
    await other.close();
    truncateSync(options().file, 40 + 16 + 20);
    const bytes = readFileSync(options().file);
    bytes[18]! ^= 1;
    writeFileSync(options().file, bytes);
    const damaged = await FeatureCache.open(options());
    expect(await damaged.read(0)).toBeUndefined();
    expect(await damaged.read(1)).toBeUndefined();
    await damaged.close();
  });
});
