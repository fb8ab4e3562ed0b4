// Lines of maria doctor: a healthy machine, faults with what to do, whose limit the memory is.

import { describe, expect, it } from 'vitest';
import type { Examination } from './examine.js';
import { reportLines } from './report-lines.js';

const GiB = 2 ** 30;
const healthy: Examination = {
  node: { version: 'v22.1.0', supported: true },
  platform: 'linux-x64',
  onnxRuntime: { library: '/lib.so', version: '1.30.0', devices: ['cpu', 'cuda'] },
  koffi: { version: '3.3.4' },
  devices: [
    {
      device: 'cpu',
      name: 'AMD EPYC',
      memory: { total: 16 * GiB, available: 8 * GiB },
      usable: true,
      isThere: true,
      backends: [{ backend: 'ort', usable: true }],
    },
  ],
  int4: { exact: true },
  int8: { limit: 127 },
  rows: { exact: true },
  threads: { used: 4, cpus: 8 },
  memory: { bytes: 8 * GiB, total: 16 * GiB, limit: 'machine' },
  caches: {
    quantized: { folder: '/cache', entries: 2, bytes: GiB },
    hub: { folder: '/hub', entries: 0, bytes: 0 },
  },
  selfTests: [{ backend: 'ort', passed: true, milliseconds: 500, text: 'A.', largestDifference: 1e-6 }],
  healthy: true,
};
const lineOf = (changes: Partial<Examination>, name: string) =>
  reportLines({ ...healthy, ...changes }).find((line) => line.name === name);

describe('reportLines', () => {
  it('has nothing to say against a healthy machine', () => {
    const lines = reportLines(healthy);
    expect(lines.filter(({ mark, hint }) => mark === 'bad' || mark === 'note' || hint)).toEqual([]);
    expect(lines.map(({ name, text }) => `${name}: ${text}`)).toEqual([
      'Node: v22.1.0 on linux-x64',
      'ONNX Runtime: 1.30.0 with cpu, cuda: /lib.so',
      'koffi: 3.3.4',
      'cpu: AMD EPYC; 8.00 GiB of 16.0 GiB available; with ort',
      'int4: a row by itself has the bits that it has beside others',
      'int8: weights of 8 bits: sums of the largest are exact',
      'rows: a sequence has the same bits whatever is computed beside it',
      'threads: 4 of 8 CPUs',
      'memory: 8.00 GiB of 16.0 GiB available',
      'quantised: 1.00 GiB in 2 copies: /cache',
      'Hub cache: 0 B in 0 models: /hub',
      'test ort: filled a text with the embedded pair in 500 ms, as the plain evaluation does to 1.0e-6',
    ]);
  });

  it('marks what is wrong and tells what to do', () => {
    expect(lineOf({ node: { version: 'v18.0.0', supported: false } }, 'Node')).toMatchObject({
      mark: 'bad',
      hint: 'Install Node 20.19 or newer.',
    });
    expect(lineOf({ koffi: { error: 'Cannot load koffi.', try: 'npm install' } }, 'koffi')).toEqual({
      name: 'koffi',
      mark: 'bad',
      text: 'Cannot load koffi.',
      hint: 'npm install',
    });
    const failed = { backend: 'ort', passed: false, largestDifference: 0.5 } as const;
    expect(lineOf({ selfTests: [failed] }, 'test ort')).toMatchObject({
      mark: 'bad',
      text: 'differs by 0.5 from the plain evaluation',
    });
  });

  it('says where bits hang on what is computed beside them', () => {
    expect(lineOf({ int4: { exact: false } }, 'int4')).toMatchObject({
      mark: 'ok',
      text: expect.stringContaining('it is computed twice'),
    });
    expect(lineOf({ rows: { exact: false } }, 'rows')).toMatchObject({
      mark: 'ok',
      text: expect.stringContaining('near ties and scores are computed alone'),
    });
  });

  it('says which form int8 has where the fast kernel cuts sums off', () => {
    expect(lineOf({ int8: { limit: 64 } }, 'int8')).toMatchObject({
      mark: 'ok',
      text: expect.stringMatching(/^weights of up to 64, .* cut off in 16 bits/),
    });
  });

  it('says whose limit the memory is', () => {
    const memory = { bytes: GiB, total: 2 * GiB, limit: 'container' } as const;
    expect(lineOf({ memory }, 'memory')?.text).toBe(
      '1.00 GiB of 2.00 GiB available, a limit of the container',
    );
  });
});
