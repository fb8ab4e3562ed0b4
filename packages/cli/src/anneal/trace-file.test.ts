// Traces on disk: appended to, read back, cut off and damaged.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSweepRecord, type SweepRecord } from '@maria/core';
import { afterAll, expect, test } from 'vitest';
import { continueTrace, createTrace, readTrace } from './trace-file.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'trace.jsonl');
const record = (sweep: number, chain = 0): SweepRecord => ({
  seed: 0,
  chain,
  sweep,
  text: 'naïve\n',
  ids: [1],
  changed: [],
  masked: [0],
  energy: 1.25,
  temperature: 1,
  maskRate: 1,
  accepted: true,
  confidence: [0.5],
  elapsedMs: 3,
});
const read = (chains = 2) =>
  readTrace(path, { readSweepRecord }, { chains, signal: new AbortController().signal });

test('what is written comes back by chains, and a trace can be gone on with', async () => {
  writeFileSync(path, 'an older file');
  const trace = await createTrace(path);
  expect(readFileSync(path, 'utf8')).toBe('an older file');
  for (const one of [record(0), record(1), record(0, 1)]) await trace.append(one);
  await trace.close();
  const found = await read();
  expect(found.chains).toEqual(
    new Map([
      [0, [record(0), record(1)]],
      [1, [record(0, 1)]],
    ]),
  );
  const more = await continueTrace(path, found);
  await more.append(record(1, 1));
  await more.close();
  expect((await read()).chains.get(1)).toEqual([record(0, 1), record(1, 1)]);
});

test('a last line that was cut off is left out, and replaced when the run goes on', async () => {
  const whole = `${JSON.stringify(record(0))}\n`;
  writeFileSync(path, `${whole}{"seed":0,"ch`);
  const found = await read();
  expect(found).toEqual({ chains: new Map([[0, [record(0)]]]), bytes: Buffer.byteLength(whole) });
  const trace = await continueTrace(path, found);
  await trace.append(record(1));
  await trace.append(record(2));
  await trace.close();
  expect((await read()).chains.get(0)).toEqual([record(0), record(1), record(2)]);
});

test.each([
  ['{"sweep":\n', /^Cannot read line 2 of .*trace\.jsonl: not JSON \(/],
  ['\n', /^Cannot read line 2 of .*: the line is empty\.$/],
  ['[]\n', /^Cannot read line 2 of .*: it is not a JSON object\.$/],
  ['{"sweep":0}\n', /^Cannot read line 2 of .*: not a record of a sweep \(key "seed": /],
])('a damaged line is told: %j', async (line, message) => {
  writeFileSync(path, `${JSON.stringify(record(0))}\n${line}`);
  await expect(read()).rejects.toMatchObject({ exitStatus: 3, message: expect.stringMatching(message) });
});

test('a chain that the run does not have is told', async () => {
  writeFileSync(path, `${JSON.stringify(record(0, 3))}\n`);
  await expect(read(3)).rejects.toMatchObject({ code: 'resume-mismatch', exitStatus: 2 });
});

test('a folder is no trace', async () => {
  await expect(createTrace(folder)).rejects.toThrow(`Cannot write ${folder}: it is a directory.`);
});

test('lines that are written at once stay whole, in the order of their calls', async () => {
  writeFileSync(path, 'an older file');
  const trace = await createTrace(path);
  const records = Array.from({ length: 40 }, (_, i) => record(Math.floor(i / 2), i % 2));
  await Promise.all(records.map((one) => trace.append(one)));
  await trace.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(records);
});
