// The line that tells how far maria anneal is, on a real terminal.
import { afterEach, expect, test } from 'vitest';
import { mariaBin } from './cli-process.js';
import { Tmux, tmuxVersion } from './tmux.js';

const version = tmuxVersion();
let terminal: Tmux | undefined;
afterEach(() => terminal?.close());

if (version === undefined) {
  // What the line says is tested in packages/cli/src/anneal/progress.test.ts.
  test('nothing was run in a real terminal: tmux is not installed', () => {
    expect(version).toBeUndefined();
  });
} else {
  test(`in ${version} it is shown while the run goes on, and taken away for the text`, async () => {
    terminal = await Tmux.start({ columns: 100 });
    const command = `'${process.execPath}' '${mariaBin}' anneal --length 16 --sweeps 60 --mask-rate 0.5`;
    await terminal.run('clear');
    await terminal.run(`${command} --chart; echo over`);
    await terminal.shows(/^sweep \d+\/60 {2}filled \d+\/\d+ {2}T \d\.\d\d {2}mask rate 0\.50 {2}energy /m);
    const screen = await terminal.shows(/^over$/m);
    expect(screen).not.toMatch(/^sweep \d/m);
    expect(screen).toContain('Generative perplexity: under the AR model');
  });
}
