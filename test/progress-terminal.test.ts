// The line that tells how far infill and score are, on a real terminal.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { mariaBin } from './cli-process.js';
import { realTerminal, Tmux } from './tmux.js';

const folder = mkdtempSync(join(tmpdir(), 'progress-'));
afterAll(() => rmSync(folder, { recursive: true }));

let terminal: Tmux | undefined;
afterEach(() => terminal?.close());

const lines = join(folder, 'lines.txt');
writeFileSync(lines, 'The [MASK] and the [MASK*4] went to the park.\n'.repeat(20));

// What the line says is tested without a terminal too, in packages/cli/src/text-progress.test.ts.
describe.skipIf(!realTerminal.installed)(realTerminal.title, () => {
  const run = async (command: string) => {
    terminal = await Tmux.start({ columns: 100 });
    const recorded = join(folder, 'recorded');
    await terminal.run('clear');
    await terminal.record(recorded);
    await terminal.run(
      `{ ${command.replaceAll('maria ', `'${process.execPath}' '${mariaBin}' `)}; }; echo over`,
    );
    const screen = await terminal.shows(/^over$/m);
    return { screen, drawn: () => readFileSync(recorded, 'utf8') };
  };

  test('it is shown while texts are filled into a file, and taken away', async () => {
    const filled = join(folder, 'filled.txt');
    const { screen, drawn } = await run(`maria infill < '${lines}' > '${filled}'`);
    await expect
      .poll(drawn, { timeout: 60_000 })
      .toMatch(/\d+ texts? filled, \d+ of \d+ tokens, [\d.]+ a second/);
    expect(screen).not.toContain('a second');
    expect(readFileSync(filled, 'utf8')).toMatch(/^(The .+\n){20}$/);
  });

  test('it is not shown where the texts are', async () => {
    const { screen, drawn } = await run(
      `maria infill < '${lines}'; maria score --mask-rate 1 - < '${lines}'`,
    );
    expect(screen).toContain('Scored none. 20 failed.');
    expect(drawn()).not.toContain('a second');
  });
});
