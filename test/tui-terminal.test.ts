// maria tui in a real terminal: typed at, resized, in pipelines, and ended in every way.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { mariaBin } from './cli-process.js';
import { realTerminal, Tmux, type TmuxOptions } from './tmux.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-tui-'));
afterAll(() => rmSync(folder, { recursive: true }));

const maria = `'${process.execPath}' '${mariaBin}'`;

let terminal: Tmux | undefined;
afterEach(() => terminal?.close());

async function opened(options?: TmuxOptions): Promise<Tmux> {
  terminal = await Tmux.start(options);
  return terminal;
}

/** After the command: the shell is there again, in its own modes. */
async function expectRestored(tmux: Tmux, status: number): Promise<void> {
  await tmux.prompt();
  await tmux.run('echo "status $?"; stty -a | tr ";" "\\n" | grep -c -w -e -icanon -e -echo');
  const screen = await tmux.shows(/^status \d+\n\d+$/m);
  expect(screen).toMatch(new RegExp(`^status ${status}\n0$`, 'm'));
  // The screen from before is back.
  expect(screen).toContain('before');
}

// Keys, sizes, frames and the modes that are set are tested without a terminal too, in tui-session.test.ts.
describe.skipIf(!realTerminal.installed)(realTerminal.title, () => {
  test('a text is typed, filled and chosen, on the terminal itself', async () => {
    const tmux = await opened();
    await tmux.run('echo before');
    await tmux.run(`${maria} tui`);
    await tmux.shows(/Type a text with gaps/, /KV cache/);
    await tmux.type('The cat [MASK] on the [MASK]. ?q');
    await tmux.press('BSpace', 'BSpace', 'BSpace', 'Enter');
    const screen = await tmux.shows(/filled 2\/2/, /0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/);
    expect(screen.split('\n')[0]).toMatch(/^maria infill +seed 0 {2}T 0\.0$/);
    expect(screen).toMatch(/^The cat .+ on the .+\.[⁰-⁹]?$/m);
    await tmux.press('q');
    const after = await tmux.prompt();
    expect(after).toMatch(/^The cat .+ on the .+\.$/m);
    expect(after).not.toContain('KV cache');
    await expectRestored(tmux, 0);
  });

  test('text comes in through a pipe and goes out through one, byte for byte around its gaps', async () => {
    const draft = join(folder, 'draft.txt');
    const out = join(folder, 'out.txt');
    writeFileSync(draft, 'Naïve 猫,\r\n\tthe [MASK*2] sat\n\n');
    const tmux = await opened();
    await tmux.run('echo before');
    await tmux.run(`cat '${draft}' | ${maria} tui > '${out}'`);
    await tmux.shows(/filled 2\/2/);
    await tmux.press('q');
    await expectRestored(tmux, 0);
    expect(readFileSync(out, 'utf8')).toMatch(/^Naïve 猫,\r\n\tthe [^[]+ sat\n\n$/);
  });

  test('the screen follows the size of the terminal', async () => {
    const tmux = await opened();
    await tmux.run(`${maria} tui 'One two three four five six seven eight nine [MASK].'`);
    await tmux.shows(/filled 1\/1/);
    await tmux.resize(40, 10);
    const small = await tmux.shows(/^KV \d/m);
    expect(small).toMatch(/^One two three four five six seven eight\n ?nine /m);
    expect(small.trimEnd().split('\n')).toHaveLength(10);
    await tmux.resize(30, 8);
    const none = await tmux.shows(/^40×10 are needed\.$/m);
    expect(none.trimEnd().split('\n')).toHaveLength(3);
    await tmux.resize(100, 30);
    const large = await tmux.shows(/^KV cache/m);
    expect(large.trimEnd().split('\n')).toHaveLength(30);
    expect(large.match(/maria infill/g)).toHaveLength(1);
    await tmux.press('C-c');
    await tmux.shows(/Interrupted\./);
  });

  test.each([
    ['Ctrl-C', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s gives the terminal back, also in the middle of a run', async (how, status) => {
    const tmux = await opened();
    await tmux.run('echo before');
    const pid = join(folder, 'pid');
    await tmux.run(`sh -c 'echo $$ > ${pid}; exec "$@"' sh ${maria} tui --anneal --sweeps 500 '[MASK*12]'`);
    await tmux.shows(/running/, /accepted [1-9]/);
    if (how === 'Ctrl-C') await tmux.press('C-c');
    else process.kill(Number(readFileSync(pid, 'utf8')), how);
    await tmux.shows(/Interrupted\./);
    await expectRestored(tmux, status);
  });

  test('pasted lines are text, and a CI variable does not keep it from drawing', async () => {
    const tmux = await opened({ env: { CI: 'true' } });
    await tmux.run(`${maria} tui`);
    await tmux.shows(/Type a text with gaps/);
    await tmux.paste('first line\nq second?');
    await tmux.shows(/^first line$/m, /^q second\?/m);
    await tmux.press('C-d');
    await tmux.shows(/^first line\nq second\?$/m);
  });

  test('recorded runs are shown: piped events, and a trace', async () => {
    const trace = join(folder, 'trace.jsonl');
    const tmux = await opened();
    await tmux.run(`${maria} infill --events 'The [MASK] sat.' | ${maria} tui --replay -`);
    await tmux.shows(/maria replay/, /filled 1\/1/, /0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/);
    await tmux.press('q');
    expect(await tmux.prompt()).toMatch(/^The .+ sat\.$/m);
    await tmux.run('clear');
    await tmux.run(
      `${maria} anneal --length 8 --sweeps 3 --trace '${trace}' && ${maria} tui --replay '${trace}'`,
    );
    await tmux.shows(/sweep 3 of 3/);
    await tmux.press('{', 'q');
    const [first] = readFileSync(trace, 'utf8').split('\n');
    const { text } = JSON.parse(first ?? '') as { text: string };
    const screen = await tmux.prompt();
    expect(screen.replaceAll(/\s+/g, ' ')).toContain(text.trim().replaceAll(/\s+/g, ' '));
  });

  test('what cannot be replayed is told before anything is drawn', async () => {
    const bad = join(folder, 'bad.jsonl');
    writeFileSync(bad, '{"sweep":0,"seed":"x"}\n{}\n');
    const tmux = await opened({ columns: 200 });
    await tmux.run(`${maria} tui --replay '${bad}'; echo "status $?"`);
    const screen = await tmux.shows(/^status 3$/m);
    expect(screen).toMatch(
      /^Cannot read line 1 of .*bad\.jsonl: not a record of a sweep \(key "seed": it must be a whole number of at least 0/m,
    );
    await tmux.run(`TERM=dumb ${maria} tui; echo "status $?"`);
    expect(await tmux.shows(/^status 2$/m)).toMatch(/^Cannot show a screen: .*TERM=dumb\)\.$/m);
  });
});
