// maria infill and score on texts that are longer than what the models read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-window-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Filled {
  readonly text: string;
  readonly ids: number[];
  readonly gaps: { readonly position: number; readonly text: string; readonly ids: number[] }[];
  readonly masked: number[];
  readonly logLikelihood: number;
  readonly windows: { readonly start: number; readonly end: number; readonly tokens: number }[];
}

const names = ['Tim', 'Sue', 'Ben', 'Lily', 'Max', 'Mia', 'Tom'];
const things = ['a red ball', 'an old hat', 'the small boat', 'a loud drum', 'two green apples'];

/** Pieces of a story around gaps; each is about 100 tokens, with characters of several bytes and lines of both kinds. */
function pieces(gaps: number): string[] {
  return Array.from({ length: gaps + 1 }, (_, i) => {
    const [name, thing] = [names[i % 7], things[i % 5]];
    const day = `Day ${i}: ${name} went to the park and found ${thing}. “Look – a naïve café.” That was ${name}.\r\n`;
    const rest = `${name} took ${thing} home and put it on the big wooden table in the kitchen. Then ${name} ate some hot soup and looked out of the window.\n\n`;
    return `${i === 0 ? '' : ' and was happy.\n'}${day}${rest}${name} was very tired after that long day, so ${name} saw the `;
  });
}

const story = (gaps: number) => pieces(gaps).join('[MASK]');

async function filled(args: string[], input: string) {
  const { status, stdout, stderr } = await maria(['infill', ...args], {
    input,
    nodeArgs: ['--single-threaded-gc'],
  });
  expect(stderr).not.toContain('Cannot');
  expect(status).toBe(0);
  return { stdout, stderr };
}

const peakOf = (stderr: string) => Number(/^peak memory: (\d+) MiB$/m.exec(stderr)?.[1]);

test('20,000 tokens with 200 gaps: bytes are kept, every gap is filled, memory is flat', async () => {
  const few = await filled(['--whole', '--window', '512', '--stats', '--json'], story(20));
  const many = await filled(['--whole', '--window', '512', '--stats', '--json'], story(200));
  const [{ text, ids, gaps, windows } = {} as Filled] = recordsIn<Filled>(many.stdout);
  expect(ids.length).toBeGreaterThan(20_000);
  expect(gaps).toHaveLength(200);
  expect(gaps.every((gap) => gap.text !== '')).toBe(true);
  expect(text).toBe(
    pieces(200)
      .map((piece, i) => piece + (gaps[i]?.text ?? ''))
      .join(''),
  );
  expect(Math.max(...windows.map(({ start, end }) => end - start))).toBeLessThanOrEqual(510);
  expect(windows.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(200);
  expect(peakOf(many.stderr)).toBeLessThan(peakOf(few.stderr) + 48);
  expect(many.stderr).toMatch(
    /^Too long to be read at once: the text\. It is read in \d+ windows of up to \d+ tokens, as is any other like it\.$/m,
  );
});

test('windows begin and end with sentences or lines', async () => {
  const { stdout } = await filled(['--whole', '--window', '200', '--json'], story(12));
  const [{ windows, ids } = {} as Filled] = recordsIn<Filled>(stdout);
  const events = await filled(['--whole', '--window', '200', '--events'], story(12));
  const told = recordsIn<{ type: string; ids: number[]; positions: number[]; position: number }>(
    events.stdout,
  );
  expect(told[0]).toEqual({ input: 0, type: 'windows-planned', windows });
  expect(told[1]).toMatchObject({ type: 'mlm-encoded', input: 0 });
  expect(told[1]!.ids).toHaveLength(ids.length);
  expect(told.filter(({ type }) => type === 'gap-filled').map(({ position }) => position)).toEqual(
    told[1]!.positions,
  );
  const lines = windows.filter(({ start }) => start > 0).map(({ start }) => start);
  expect(lines.length).toBeGreaterThan(3);
  // In the story a sentence begins at every 10 to 20 tokens: what a window begins with is always one.
  const parts = await Promise.all(
    lines.map((start) =>
      filled(
        ['--jsonl'],
        JSON.stringify({ ids: [...ids.slice(start, start + 3), told[1]!.ids[told[1]!.positions[0]!]] }),
      ),
    ),
  );
  for (const part of parts) expect(recordsIn<Filled>(part.stdout)[0]?.text).toMatch(/^\s*[A-Z“]/);
});

test('the text of a seed is the same with any batch, drafts and threads, and of each sample', async () => {
  const input = `${JSON.stringify({ text: story(14) })}\n{"text":"A [MASK] cat."}\n${JSON.stringify({ text: story(9) })}\n`;
  const args = ['--jsonl', '--window', '200', '--seed', '5', '--samples', '2'];
  const textsOf = (stdout: string) =>
    recordsIn<{ samples: Filled[] }>(stdout).map(({ samples }) => samples.map(({ text }) => text));
  const one = textsOf(
    (await filled([...args, '--batch', '1', '--speculate', 'off', '--threads', '1'], input)).stdout,
  );
  const many = textsOf((await filled([...args, '--batch', '6', '--speculate', '3'], input)).stdout);
  expect(many).toEqual(one);
  expect(new Set(one.flat()).size).toBeGreaterThan(4);
});

test('lines that fit are filled as without windows, and what is said of the others is said once', async () => {
  const long = story(14).replaceAll(/\r?\n/g, ' ');
  const short = 'The [MASK] sat on the mat.';
  const { stdout, stderr } = await filled(['--window', 'auto'], `${short}\n${long}\nno gap\n${long}\n`);
  const [first, second, third, fourth, ...rest] = stdout.split('\n');
  expect(`${first}\n`).toBe((await filled([], `${short}\n`)).stdout);
  expect(third).toBe('no gap');
  expect(second).toBe(fourth);
  expect(second).not.toContain('[MASK]');
  expect(rest).toEqual(['']);
  expect(stderr.match(/Too long to be read at once: line 2 of standard input\./g)).toHaveLength(1);
});

test('scores of filled ids are those of filling them', async () => {
  const [events] = recordsIn<{ ids: number[] }>(
    (await filled(['--whole', '--events', '--window', 'auto'], story(14))).stdout,
  ).slice(1);
  const record = (await filled(['--jsonl', '--window', '200'], JSON.stringify({ ids: events!.ids }))).stdout;
  const file = join(folder, 'filled.jsonl');
  writeFileSync(file, record);
  const { stdout, stderr, status } = await maria(['score', '--exclude-special', '--window', '200', file]);
  expect(status).toBe(0);
  const [given, scored] = [recordsIn<Filled>(record)[0]!, recordsIn<Filled>(stdout)[0]!];
  expect(scored.windows).toEqual(given.windows);
  expect(scored.logLikelihood).toBeCloseTo(given.logLikelihood, 3);
  expect(stderr).toMatch(
    /^Too long to be read at once: line 1 of .*filled\.jsonl\. It is read in \d+ windows/,
  );
});

test('without windows a long text is refused with what to try; so is a gap that none has room for', async () => {
  const long = await maria(['infill', '--whole'], { input: story(14) });
  expect(long).toMatchObject({ status: 2, stdout: '' });
  expect(long.stderr).toMatch(/^Cannot fill the text: .*\nTry: Read it in windows: --window auto\.\n$/);
  const scored = await maria(['score', '--mask-rate', '0.5', story(14).replaceAll('[MASK]', 'sun')]);
  expect(scored).toMatchObject({ status: 2, stdout: '' });
  expect(scored.stderr).toContain('Try: Read it in windows: --window auto.');
  const gap = await maria(['infill', '--whole', '--window', '100'], { input: `${story(2)}[MASK*120]` });
  expect(gap).toMatchObject({ status: 2, stdout: '' });
  expect(gap.stderr).toBe(
    'Cannot fill the text in windows: gap 3 has 120 tokens, and a window has room for 98.\nTry: Make the gap shorter, or --window larger where the models read more.\n',
  );
  expect((await maria(['infill', '--window', '15', 'A [MASK].'])).stderr).toContain(
    'expected auto or a whole number from 16 to 1048576 but received: 15',
  );
});
