// Best fills, samples that differ, gaps with names, and an MLM that reads again, on the embedded pair as a user runs it.
import { expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

interface Fill {
  readonly text: string;
  readonly logLikelihood: number;
  readonly jointLogLikelihood: number;
  readonly weight: number;
  readonly logImportance?: number;
}

interface Found {
  readonly samples: readonly Fill[];
  readonly search: {
    readonly width: number;
    readonly isExact?: boolean;
    readonly marginals: readonly (readonly { readonly text: string; readonly weight: number }[])[];
  };
}

const texts = [
  'The girl opened the [MASK] and saw a [MASK*2].',
  'One day a [MASK] met a [MASK*3] in the [MASK].',
  'He was [MASK] and she was [MASK].',
];
const lines = `${texts.join('\n')}\n`;

async function filled(args: string[], input?: string): Promise<string> {
  const { status, stdout, stderr } = await maria(['infill', ...args], input === undefined ? {} : { input });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

test('the best fills come with their weights, the most probable first, whatever runs beside them', async () => {
  const one = await filled(['--best', '4', '--json', '--batch', '1'], lines);
  expect(await filled(['--best', '4', '--json', '--batch', '16', '--speculate', '4'], lines)).toBe(one);
  for (const { samples, search } of recordsIn<Found>(one)) {
    expect(samples).toHaveLength(4);
    const logs = samples.map(({ jointLogLikelihood }) => jointLogLikelihood);
    expect(logs).toEqual([...logs].sort((a, b) => b - a));
    expect(logs).toEqual(samples.map(({ logLikelihood }) => logLikelihood));
    expect(samples.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
    expect(search.width).toBe(16);
    for (const marginal of search.marginals)
      expect(marginal.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
  }
  // A line for each fill.
  const plain = recordsIn<Found>(one).flatMap(({ samples }) => samples.map(({ text }) => `${text}\n`));
  expect(await filled(['--best', '4'], lines)).toBe(plain.join(''));
  const [greedy] = recordsIn<Fill>(await filled(['--json', texts[0]!]));
  expect(recordsIn<Found>(one)[0]!.samples[0]!.logLikelihood).toBeGreaterThanOrEqual(
    greedy!.logLikelihood - 1e-4,
  );
});

test('samples that differ are those of a seed, whatever runs beside them; the first is the sample of the seed', async () => {
  const args = ['--samples', '5', '--distinct', '--seed', '3', '--json'];
  const one = await filled([...args, '--batch', '1'], lines);
  expect(await filled([...args, '--batch', '16'], lines)).toBe(one);
  const plain = (await filled(['--seed', '3'], lines)).trimEnd().split('\n');
  for (const [i, { samples }] of recordsIn<Found>(one).entries()) {
    expect(samples[0]!.text).toBe(plain[i]);
    expect(new Set(samples.map(({ text }) => text)).size).toBe(5);
    expect(samples.every(({ logImportance }) => Number.isFinite(logImportance))).toBe(true);
  }
});

test('gaps of one name read alike, wherever they stand, greedily and sampled', async () => {
  const text = '[MASK:who*2] had a dog. "[MASK:who]," said the dog, "I love [MASK:who]!"';
  const own = /^(.+) had a dog\. "(.+)," said the dog, "I love (.+)!"$/;
  const out = await filled([text]);
  const sampled = await filled(['--samples', '3', '--seed', '1', text]);
  expect(await filled(['--samples', '3', '--seed', '1', '--batch', '1', text])).toBe(sampled);
  for (const line of `${out}${sampled}`.trimEnd().split('\n')) {
    const [, first, second, third] = own.exec(line)!;
    expect(second).toBe(first);
    expect(third).toBe(first);
  }
});

test('where the MLM reads again, scores follow it, and no text depends on drafts or batch', async () => {
  for (const refresh of ['gap']) {
    const args = ['--refresh', refresh, '--seed', '5', '--json'];
    const one = await filled([...args, '--batch', '1', '--speculate', 'off'], lines);
    expect(await filled([...args, '--batch', '16', '--speculate', '3'], lines)).toBe(one);
    expect(one).not.toBe(await filled(['--seed', '5', '--json'], lines));
    const records = recordsIn<{ ids: number[]; masked: number[] }>(one).map(({ ids, masked }) =>
      JSON.stringify({ ids, masked }),
    );
    const scoring = ['score', '--refresh', refresh, '--exclude-special'];
    const scored = await maria(scoring, { input: records.join('\n') });
    const alone = await maria([...scoring, '--batch', '1'], { input: records.join('\n') });
    expect(scored.status).toBe(0);
    expect(alone.stdout).toBe(scored.stdout);
    const other = await maria(['score', '--exclude-special'], { input: records.join('\n') });
    expect(other.stdout).not.toBe(scored.stdout);
  }
});

test.each([
  [['--best', '0', 'a [MASK]'], ''],
  [['--best', '2', '--samples', '2', 'a [MASK]'], ''],
  [['--best', '2', '--seed', '2', 'a [MASK]'], ''],
  [['--best', '60000', 'a [MASK*40]'], 'fills in progress'],
  [['--best', '5', '--beam', '3', 'a [MASK]'], 'at least as large as best'],
  [['--distinct', 'a [MASK]'], ''],
  [['--samples', '2', '--distinct', '--temperature', '0', 'a [MASK]'], 'alike'],
  [['--best', '2', 'a [MASK*1-3]'], 'unknown length'],
  [['--refresh', '0', 'a [MASK]'], ''],
  [['--refresh', '2', '--system', 'ar', 'a [MASK]'], '--refresh'],
  [['--diff', '--json', 'a [MASK]'], ''],
])('infill %j is refused', async (args, fact) => {
  const { status, stdout, stderr } = await maria(['infill', ...args]);
  expect(stdout).toBe('');
  expect(stderr).toContain(fact);
  expect(status).toBe(2);
});
