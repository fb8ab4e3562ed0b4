// Completion in a shell: the script that maria writes, run by the shell itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownPairs } from '@maria/checkpoints';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
const shells = ['bash', 'fish', 'zsh'] as const;
const scriptOf = (shell: string) => join(folder, `maria.${shell}`);
const names = knownPairs.map(({ name }) => name);
const manifest = JSON.parse(
  readFileSync(fileURLToPath(new URL('../packages/cli/oclif.manifest.json', import.meta.url)), 'utf8'),
) as { commands: Record<string, { flags: Record<string, { options?: string[] }> }> };

beforeAll(async () => {
  for (const shell of shells) {
    const { stdout, stderr, status } = await maria(['completion', shell]);
    expect([status, stderr]).toEqual([0, '']);
    writeFileSync(scriptOf(shell), stdout);
  }
});

/** How each shell is asked what may stand for the last word. zsh's own part of it, compadd, is written out here. */
const ask: Record<(typeof shells)[number], (words: readonly string[]) => readonly string[]> = {
  bash: (words) => [
    '-c',
    // As bash itself splits a line: "=" is a word.
    `source ${scriptOf('bash')}; COMP_WORDS=(maria ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
     _maria; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p maria >&2`,
  ],
  fish: (words) => ['-c', `source ${scriptOf('fish')}; complete -C 'maria ${words.join(' ')}'`],
  zsh: (words) => [
    '-fc',
    `compdef() { :; }; _files() { :; }; compset() { current=\${current#*=}; }
     compadd() { print -l -- \${(M)\${(P)2}:#\${current}*}; }
     source ${scriptOf('zsh')}; words=(maria ${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length + 1}; _maria`,
  ],
};

function complete(shell: (typeof shells)[number], ...words: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(shell, ask[shell](words), { encoding: 'utf8' });
  expect([status, stderr.replace(/^complete -o default -F _maria maria\n/, '')]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'exit']).status === 0;

describe.each(shells.filter(isInstalled))('%s', (shell) => {
  it('completes commands', () => {
    expect(complete(shell, 'in')).toEqual(['infill']);
    expect(complete(shell, 'models', 'p').sort()).toEqual(['pairs', 'prune', 'pull']);
    expect(complete(shell, '')).toEqual(
      expect.arrayContaining(['score', 'models', 'completion', '--version']),
    );
  });

  it('completes the flags of a command', () => {
    expect(complete(shell, 'infill', '--mo')).toEqual(['--model']);
    expect(complete(shell, 'models', 'pull', '--').sort()).toEqual(
      [...Object.keys(manifest.commands['models:pull']!.flags).map((flag) => `--${flag}`), '--help'].sort(),
    );
  });

  it('completes the words that a flag takes', () => {
    const { options } = manifest.commands.infill!.flags.quantize!;
    expect(complete(shell, 'infill', '--quantize', '').sort()).toEqual([...options!].sort());
    expect(complete(shell, 'infill', '--backend', 'ref')).toEqual(['reference']);
  });

  it('completes names of pairs', () => {
    expect(complete(shell, 'infill', '--model', 'ettin-1').sort()).toEqual(
      names.filter((name) => name.startsWith('ettin-1')).sort(),
    );
    expect(complete(shell, 'models', 'pull', '').sort()).toEqual([...names].sort());
    expect(complete(shell, 'models', 'inspect', 'olmo')).toEqual(['olmo-1b', 'olmo-7b']);
    expect(complete(shell, 'models', 'pull', 'gpt2', '--json', 'pythia-1b')).toEqual(['pythia-1b']);
  });

  it('leaves texts and files alone', () => {
    if (shell === 'fish') return;
    expect(complete(shell, 'infill', 'A [MASK')).toEqual([]);
    expect(complete(shell, 'infill', '--output', 'x')).toEqual([]);
  });
});

describe.skipIf(!isInstalled('bash'))('bash', () => {
  it('completes after an equals sign, which it takes for a word', () => {
    expect(complete('bash', 'infill', '--model', '=', 'distil')).toEqual(['distilgpt2']);
    expect(complete('bash', 'infill', '--quantize', '=').sort()).toEqual(['int4', 'int8', 'none']);
  });
});

it('refuses another shell', async () => {
  const { status, stderr } = await maria(['completion', 'ksh']);
  expect([status, stderr]).toEqual([
    2,
    'Cannot run maria completion: "ksh" is none of bash, fish, zsh.\nTry: maria completion --help\n',
  ]);
});
