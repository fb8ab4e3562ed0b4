// The line that tells how far maria anneal is, on a real terminal.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { mariaBin } from './cli-process.js';
import { realTerminal, Tmux } from './tmux.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-anneal-'));
afterAll(() => rmSync(folder, { recursive: true }));

let terminal: Tmux | undefined;
afterEach(() => terminal?.close());

// What the line says is tested without a terminal too, in packages/cli/src/anneal/progress.test.ts.
describe.skipIf(!realTerminal.installed)(realTerminal.title, () => {
  test('it is shown while the run goes on, and taken away for the text', async () => {
    terminal = await Tmux.start({ columns: 100 });
    const command = `'${process.execPath}' '${mariaBin}' anneal --length 16 --sweeps 60 --mask-rate 0.5`;
    const recorded = join(folder, 'recorded');
    await terminal.run('clear');
    await terminal.record(recorded);
    await terminal.run(`${command} --chart; echo over`);
    const screen = await terminal.shows(/^over$/m);
    await expect
      .poll(() => readFileSync(recorded, 'utf8'), { timeout: 60_000 })
      .toMatch(/sweep \d+\/60 {2}filled \d+\/\d+ {2}T \d\.\d\d {2}mask rate 0\.50 {2}energy /);
    expect(screen).not.toMatch(/^sweep \d/m);
    expect(screen).toContain('Generative perplexity: under the AR model');
  });
});
