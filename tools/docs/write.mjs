// Writes docs/cli.md from the help of the built commands; with --check it only tells whether the page is what it should be.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = pathOf('docs/cli.md');

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

function content() {
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

const expected = content();
if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(page, 'utf8');
  } catch {
    // A missing page is a page that differs from its first line on.
  }
  if (found !== expected) {
    const { line, found: before, expected: after } = firstDifference(found, expected);
    process.stderr.write(
      `Cannot accept docs/cli.md: it is not the help of the commands, from line ${line} on.\n`,
    );
    process.stderr.write(`- ${before ?? ''}\n+ ${after ?? ''}\nTry: npm run docs\n`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, expected);
}
