// The page for man, as groff shows it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../packages/cli/', import.meta.url));
const hasGroff = spawnSync('groff', ['--version']).status === 0;

it.skipIf(!hasGroff)('has every command and flag, and nothing that groff warns of (needs groff)', () => {
  const { commands } = JSON.parse(readFileSync(`${cli}/oclif.manifest.json`, 'utf8')) as {
    commands: Record<string, { flags: Record<string, unknown> }>;
  };
  // No overstrikes and escapes for bold; lines that are long enough for every example.
  const flags = ['-man', '-Tutf8', '-ww', '-P-cbou', '-rLL=200n'];
  const { stdout, stderr } = spawnSync('groff', [...flags, `${cli}/man/maria.1`], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const sections = new Map(
    stdout.split(/^(?=\S)/m).map((section) => [section.split('\n')[0]!.trim(), section] as const),
  );
  const shared = sections.get('FLAGS OF ALL COMMANDS')!;
  for (const [id, { flags }] of Object.entries(commands)) {
    const section = sections.get(`MARIA ${id.replace(':', ' ').toUpperCase()}`)!;
    for (const flag of Object.keys(flags))
      expect(`${shared}${section}`).toMatch(new RegExp(` --${flag}( |$)`, 'm'));
  }
  // What roff would read as its own is text.
  expect(sections.get('MARIA INFILL')).toContain(
    String.raw`and [MASK*?] where nobody knows; \[MASK] is text.`,
  );
});
