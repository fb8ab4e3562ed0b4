// maria tui where there is no terminal, or nothing to show.
import { expect, test } from 'vitest';
import { maria } from './cli-process.js';

test.each([[['tui']], [['tui', 'The [MASK] sat.']], [['tui', '--replay', '-']]])(
  '%j without a terminal is refused with a hint',
  async (args) => {
    expect(await maria(args)).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'Cannot show a screen: standard error is no terminal.\nTry: maria infill, which needs no terminal.\n',
    });
  },
);

test.each([
  [
    ['tui', '--sweeps', '0'],
    'Cannot run maria tui: --sweeps: it must be a whole number of at least 1, and is',
  ],
  [['tui', '--temperature', 'NaN'], 'Cannot run maria tui: --temperature: it must be a number'],
  [['tui', '--anneal', '--system', 'diffusion'], 'Cannot anneal: a denoiser only fills gaps.'],
  [
    ['tui', '--anneal', '--words', '2', 'x [MASK]'],
    'Cannot anneal: annealing does not follow what is asked of fills.',
  ],
  [['tui', '--sampler', 'p2'], 'Cannot infill: --sampler is of a denoiser, and --system maria has none.'],
  [['tui', '--replay', 'x.jsonl', 'text'], 'Cannot replay: TEXT is for a run of its own.'],
])('%j makes no sense', async (args, message) => {
  const { status, stdout, stderr } = await maria(args);
  expect(stderr).toContain(message);
  expect([status, stdout]).toEqual([2, '']);
});
