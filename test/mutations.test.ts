// Files changed at random end in a model or in an error of maria's: never in a crash, a hang, a bug or much memory.
// MARIA_MUTATIONS=1000 npx vitest run test/mutations.test.ts
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { outcomeOf, recordsIn } from './cli-process.js';

const count = Number(process.env.MARIA_MUTATIONS ?? 25);
const script = fileURLToPath(new URL('mutated-files.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-mutations-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Line {
  readonly seed?: number;
  readonly outcome?: string;
  readonly peakBytes?: number;
}

const kinds = [
  'ar-config',
  'mlm-config',
  'tokenizer',
  'tokenizer-config',
  'special-tokens',
  'weights',
  'maria-config',
  'head',
  'trace',
  'recording',
];

test.each(kinds)('%s', { timeout: Math.max(300_000, count * 15_000) }, async (kind) => {
  const child = spawn(process.execPath, [script, kind, '0', String(count), join(folder, kind)]);
  const { status, stdout, stderr } = await outcomeOf(child);
  const lines = recordsIn<Line>(stdout);
  expect([
    status,
    status === 0 ? '' : `${lines.map((line) => JSON.stringify(line)).at(-1)} ${stderr}`,
  ]).toEqual([0, '']);
  const outcomes = lines.flatMap(({ outcome }) => outcome ?? []);
  expect(outcomes).toHaveLength(count);
  expect(lines.filter(({ outcome }) => outcome?.startsWith('bug'))).toEqual([]);
  expect(lines.at(-1)!.peakBytes).toBeLessThan(2 * 2 ** 30);
  // Some of each are still good, some are not.
  expect(outcomes).toContain('read');
  expect(new Set(outcomes).size).toBeGreaterThan(1);
});
