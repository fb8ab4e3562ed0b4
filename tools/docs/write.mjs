// Writes docs/cli.md and the page for man from the help of the built commands, and docs/api.md from the types of the built packages;
// with --check it only tells whether the pages are what they should be.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiPage } from './api-page.mjs';
import { manPage } from './man-page.mjs';

const pathOf = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

function helpOf(words) {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1', OCLIF_COLUMNS: '100' };
  const help = execFileSync(process.execPath, [pathOf('packages/cli/bin/run.js'), ...words, '--help'], {
    env,
    encoding: 'utf8',
  });
  return help.replaceAll(/[ \t]+$/gm, '').trim();
}

function section(words) {
  return `## ${['maria', ...words].join(' ')}\n\n\`\`\`text\n${helpOf(words)}\n\`\`\``;
}

function commandPage() {
  const manifest = JSON.parse(readFileSync(pathOf('packages/cli/oclif.manifest.json'), 'utf8'));
  const commands = Object.keys(manifest.commands).sort();
  const sections = [[], ...commands.map((id) => id.split(':'))].map(section);
  return [
    '# Command line',
    'The help of each command, written here by `npm run docs`. [json.md](json.md) describes what `--json`, `--jsonl` and `--events` write.',
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

/** The first line that differs, from 1. */
function firstDifference(found, expected) {
  const [a, b] = [found, expected].map((text) => text.split('\n'));
  const index = b.findIndex((line, i) => line !== a[i]);
  return { line: (index < 0 ? b.length : index) + 1, found: a[index], expected: b[index] };
}

const pages = [
  { path: 'docs/cli.md', of: 'the help of the commands', expected: commandPage() },
  { path: 'docs/api.md', of: 'the types of the packages', expected: apiPage() },
  { path: 'packages/cli/man/maria.1', of: 'the help of the commands', expected: manPage() },
];
for (const { path, of, expected } of pages) {
  if (process.argv.includes('--check')) check(path, of, expected);
  else writeFileSync(pathOf(path), expected);
}

function check(path, of, expected) {
  // A missing page is a page that differs from its first line on.
  const found = existsSync(pathOf(path)) ? readFileSync(pathOf(path), 'utf8') : '';
  if (found === expected) return;
  const { line, found: before, expected: after } = firstDifference(found, expected);
  process.stderr.write(`Cannot accept ${path}: it is not ${of}, from line ${line} on.\n`);
  process.stderr.write(`- ${before ?? ''}\n+ ${after ?? ''}\nTry: npm run docs\n`);
  process.exitCode = 1;
}
