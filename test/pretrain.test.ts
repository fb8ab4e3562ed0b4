// The command that trained the small denoiser, for two steps: all mask rates, from the embedded MLM, to a folder that fills.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { maria } from './cli-process.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-pretrain-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a denoiser is trained from the embedded MLM, and fills a gap', async () => {
  const out = join(folder, 'denoiser');
  const text = join(root, 'tools/results/text/stories.txt');
  execFileSync(
    process.execPath,
    [
      join(root, 'tools/pretrain/dist/main.js'),
      ...['--from', join(root, 'models/tiny/mlm'), '--out', out, '--data', text, '--eval-data', text],
      ...['--batch', '2x16', '--at-once', '2', '--mask-rate', '0-1', '--steps', '2', '--threads', '1'],
    ],
    { stdio: 'pipe' },
  );
  const steps = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(steps.map((line) => JSON.parse(line)).filter(({ loss }) => loss > 0)).toHaveLength(2);
  const filled = await maria(['infill', '--denoiser', join(out, 'model'), 'The [MASK] sat on the mat.']);
  expect(filled.stdout).toMatch(/^The \S.* sat on the mat\.\n$/);
  expect(filled.status).toBe(0);
});
