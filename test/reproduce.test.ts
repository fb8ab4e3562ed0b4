// The comparison of docs/results.md in its quick form: killed, gone on with, and written with all of its tables and charts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-reproduce-'));
afterAll(() => rmSync(folder, { recursive: true }));

const docs = join(folder, 'docs');
const args = [
  join(root, 'tools/results/reproduce.mjs'),
  ...['--quick', '--out', join(folder, 'runs'), '--docs', docs],
];
const page = () => readFileSync(join(docs, 'results.md'), 'utf8');
const losses = () => readFileSync(join(folder, 'runs/perplexity/results.jsonl'), 'utf8');

/** With what it has started, as a machine that goes off does. */
async function killedAtFirstLosses(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  while (!existsSync(join(folder, 'runs/perplexity/results.jsonl')) || losses() === '') await wait(50);
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
}

test('a stopped comparison goes on, and replaces the section that stands there', async () => {
  mkdirSync(docs);
  const marked = (text: string) =>
    `before\n<!-- begin of tools/results/reproduce.mjs -->${text}<!-- end of tools/results/reproduce.mjs -->\nafter\n`;
  writeFileSync(join(docs, 'results.md'), marked('as it stood'));
  await killedAtFirstLosses(spawn(process.execPath, args, { detached: true, stdio: 'ignore' }));
  const kept = losses();
  expect(page()).toBe(marked('as it stood'));

  execFileSync(process.execPath, args, { stdio: 'pipe' });
  expect(losses().startsWith(kept.slice(0, kept.lastIndexOf('\n') + 1))).toBe(true);
  const written = page();
  for (const name of ['maria', 'product', 'ar', 'mlm', 'denoiser', 'denoiser-16'])
    expect(written).toMatch(new RegExp(`^\\| ${name} \\| \\d+\\.\\d+ \\[\\d`, 'm'));
  expect(written).toMatch(/^\| denoiser-bound \| ≤ \d/m);
  for (const heading of ['Masked infilling perplexity', 'Figure 2', 'Figure 3', 'Figure 4', 'Figure 5'])
    expect(written).toContain(`### ${heading}`);
  expect(written).toMatch(/^\| (product|random) \| \d+\.\d+ \| \d+\.\d+ \| \d+\.\d+ \|$/m);
  expect(written).toMatch(/^\| anneal \| 4 \| 2 \| \d/m);
  expect(written).toMatch(/^\| GSAI-ML\/LLaDA-8B-Base \| 8\.02 \| 16\.0 \| \d/m);
  for (const chart of written.matchAll(/\]\((comparison-\w+\.svg)\)/g))
    expect(readFileSync(join(docs, chart[1]!), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(readdirSync(docs).filter((name) => name.endsWith('.svg'))).toHaveLength(5);
  expect(written).toMatch(/^before\n<!-- begin [^>]*-->\n## Comparison\n.*\n<!-- end [^>]*-->\nafter\n$/s);
  expect(written).not.toContain('as it stood');
}, 600_000);
