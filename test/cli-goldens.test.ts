// The method's goldens through the command line: log-likelihoods and greedy ids of a pair, on every backend.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installedBackends } from './backends.js';
import { maria, recordsIn } from './cli-process.js';

interface Case {
  readonly ids: number[];
  readonly masked: number[];
  readonly masked_ids: number[];
  readonly poe: { loglik: number; loglik_per_position: number[]; greedy_suppressed: number[] };
}

const goldens = join(import.meta.dirname, 'goldens');
const golden: { cases: Record<string, Case> } = JSON.parse(
  readFileSync(join(goldens, 'pairs/olmo+modernbert.json'), 'utf8'),
);
const cases = Object.entries(golden.cases);

const pair = ['--ar', join(goldens, 'models/olmo'), '--mlm', join(goldens, 'models/modernbert')];
/** The goldens put no token around a sequence. */
const bare = ['--ar-prefix', 'none', '--mlm-template', 'none'];

async function recordsOf(
  command: string,
  backend: string,
  records: object[],
): Promise<Record<string, unknown>[]> {
  const args = [command, '--jsonl', ...pair, ...bare, '--backend', backend];
  const { status, stdout, stderr } = await maria(args, {
    input: records.map((record) => JSON.stringify(record)).join('\n'),
  });
  expect(status).toBe(0);
  expect(stderr).toMatch(command === 'score' ? /^Scored .*\n$/ : /^$/);
  return recordsIn(stdout);
}

describe.each(installedBackends)('on %s', (backend) => {
  test('score gives the log-likelihoods', async () => {
    const scores = await recordsOf(
      'score',
      backend,
      cases.map(([id, { ids, masked }]) => ({ id, ids, masked })),
    );
    expect(scores).toHaveLength(cases.length);
    for (const [i, [id, { ids, masked, poe }]] of cases.entries()) {
      const { logLikelihood, perToken, perplexity, ...rest } = scores[i] as {
        logLikelihood: number;
        perToken: number[];
        perplexity: number;
      };
      expect(rest).toEqual({ id, ids, masked, excluded: [] });
      expect(Math.abs(logLikelihood - poe.loglik)).toBeLessThan(1e-3);
      expect(perToken).toHaveLength(masked.length);
      for (const [k, value] of poe.loglik_per_position.entries()) {
        expect(Math.abs((perToken[k] ?? Number.NaN) - value)).toBeLessThan(1e-3);
      }
      expect(perplexity).toBeCloseTo(Math.exp(-logLikelihood / masked.length), 6);
    }
  });

  test('infill gives the greedy ids', async () => {
    const filled = await recordsOf(
      'infill',
      backend,
      cases.map(([id, { masked_ids }]) => ({ id, ids: masked_ids })),
    );
    expect(filled.map(({ id, ids }) => [id, ids])).toEqual(
      cases.map(([id, { poe }]) => [id, poe.greedy_suppressed]),
    );
  });
});
