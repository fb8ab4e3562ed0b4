#!/usr/bin/env node
// Fills the one gap of a text that is at a place: node fill-gap.mjs LINE COLUMN < TEXT writes its line with the fill; with a FILE after them
// the file is changed in place. Both count from 1. All of the text is what the models see, and other gaps stay gaps.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [line, column, file] = process.argv.slice(2);
const text = readFileSync(file ?? 0, 'utf8');
const lines = text.split('\n');
const lineStart = lines.slice(0, line - 1).reduce((length, { length: more }) => length + more + 1, 0);
const lineEnd = lineStart + (lines[line - 1]?.length ?? 0);

const gaps = [...text.matchAll(/(?<!\\)\[MASK(?::[^\]*]+)?(?:\*[\d?-]+)?\]/g)];
const inLine = gaps.filter(({ index }) => index >= lineStart && index < lineEnd);
// The one under the cursor, else the next, else the last.
const gap =
  inLine.find(({ 0: { length }, index }) => index + length >= lineStart + Number(column)) ?? inLine.at(-1);
if (gap === undefined) fail(`There is no gap in line ${line}.`, 1);

// A record in place of --whole: no fill breaks the line. Settings say which model (maria config model NAME).
const flags = ['infill', '--jsonl', '--window', 'auto', '--server', 'auto', '--quiet'];
const { stdout, stderr, status, error } = spawnSync('maria', flags, {
  input: `${JSON.stringify({ text })}\n`,
  encoding: 'utf8',
  // npm's command is a script there.
  shell: process.platform === 'win32',
});
if (error !== undefined) fail(`Cannot run maria: ${error.message}`, 1);
if (status !== 0) fail(stderr || JSON.parse(stdout).error.message, status);

const { gaps: fills } = JSON.parse(stdout);
if (fills.length !== gaps.length)
  fail(`maria reads ${fills.length} gaps, and only ${gaps.length} are [MASK].`, 1);
const { text: fill } = fills[gaps.indexOf(gap)];
const filled = text.slice(0, gap.index) + fill + text.slice(gap.index + gap[0].length);
if (file === undefined) process.stdout.write(`${filled.split('\n')[line - 1]}\n`);
else writeFileSync(file, filled);

function fail(message, exitStatus) {
  process.stderr.write(`${message.trimEnd()}\n`);
  process.exit(exitStatus);
}
