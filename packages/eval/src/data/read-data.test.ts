// Data sets of every format, and what is wrong with them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseCsv } from './csv.js';
import { readData } from './read-data.js';
import { joinedSpans, windowsOf, wordsOf } from './words.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const all = { most: 100, longest: 10_000 };
function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
/** A zstd frame of one raw block. */
function zstd(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const size = (bytes.length << 3) | 1;
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, size & 255, (size >> 8) & 255, size >> 16]),
    bytes,
  ]);
}
const gapsOf = ({ text, gaps = [] }: { text: string; gaps?: readonly (readonly [number, number])[] }) =>
  gaps.map((gap) => text.slice(...gap));

test('documents of plain text, JSONL with a field, compressed files, and folders of them', async () => {
  const text = 'one two\n<|endoftext|>\nthree';
  const plain = await readData(write('a.txt', text), all);
  expect(plain.items).toEqual([{ text: 'one two' }, { text: 'three' }]);
  const packed = await readData(write('a.txt.gz', gzipSync(text)), all);
  expect(packed.items).toEqual(plain.items);
  expect(packed.sha256).toBe(plain.sha256);
  expect((await readData(write('a.txt.zst', zstd(text)), all)).items).toEqual(plain.items);
  const lines = write('b.jsonl.gz', gzipSync('{"body":"x"}\n\n{"body":"y","text":"z"}\n'));
  expect((await readData(lines, { ...all, field: 'body' })).items).toEqual([{ text: 'x' }, { text: 'y' }]);
  // Each file gives about as many.
  const some = await readData(folder, { ...all, most: 3, field: 'body' });
  expect(some.items).toHaveLength(3);
  expect(some.items[0]).toEqual({ text: 'one two' });
});

test('a data set is as long as was asked for, and its hash follows its content', async () => {
  const file = write('a.txt', 'a\n<|endoftext|>\nb\n<|endoftext|>\nc');
  const [one, two] = [await readData(file, { ...all, most: 2 }), await readData(file, all)];
  expect(one.items.map((item) => item.text)).toEqual(['a', 'b']);
  expect(one.sha256).not.toBe(two.sha256);
});

test('LAMBADA leaves out the last word', async () => {
  const plain = await readData(write('lambada_test.txt', 'I saw my old friend\nshe said hello .\n'), all);
  expect(plain.items.map(gapsOf)).toEqual([['friend'], ['.']]);
  const records = await readData(write('lambada.jsonl', '{"text":"We met at the station."}\n'), all);
  expect(gapsOf(records.items[0]!)).toEqual(['station']);
});

test('ROCStories leave out the third sentence, in both forms of their files', async () => {
  const full =
    'storyid,storytitle,sentence1,sentence2,sentence3,sentence4,sentence5\nx,T,A.,"B, ""b"".",C c.,D.,E.\n';
  const story = (await readData(write('roc.csv', full), all)).items[0]!;
  expect(story.text).toBe('A. B, "b". C c. D. E.');
  expect(gapsOf(story)).toEqual(['C c.']);
  const cloze =
    'InputStoryid,InputSentence1,InputSentence2,InputSentence3,InputSentence4,RandomFifthSentenceQuiz1,RandomFifthSentenceQuiz2,AnswerRightEnding\nx,A.,B.,C.,D.,wrong,right,2\ny,A.,B.,C.,D.,right,wrong,1\n';
  const { items } = await readData(write('cloze.csv', cloze), all);
  expect(items.map(({ text, id }) => [id, text])).toEqual([
    ['x', 'A. B. C. D. right'],
    ['y', 'A. B. C. D. right'],
  ]);
});

test('tasks of code have their gap, and HumanEval its test', async () => {
  const task = {
    task_id: 'HumanEval/0',
    entry_point: 'f',
    prompt: 'def f():\n',
    canonical_solution: '    return 1\n',
    suffix: '    pass\n',
    test: 'def check(f): assert f() == 1',
  };
  const file = write('HumanEval-SingleLineInfilling.jsonl.gz', gzipSync(`${JSON.stringify(task)}\n`));
  const { items, format } = await readData(file, all);
  expect(format).toBe('humaneval-infilling');
  expect(gapsOf(items[0]!)).toEqual(['    return 1\n']);
  expect(items[0]!.program).toEqual({ test: task.test, entryPoint: 'f' });
  const santa = write('santacoder-fim.jsonl', '{"prompt":"a","canonical_solution":"b","suffix":"c"}\n');
  expect(gapsOf((await readData(santa, all)).items[0]!)).toEqual(['b']);
});

test.each([
  [
    'a field that is not there',
    'x.jsonl',
    '{"text":"a"}\n{"body":"b"}\n',
    'bad-jsonl',
    /line 2 has no string "text"/,
  ],
  ['a line that is no JSON', 'lambada.jsonl', '{"text"\n', 'bad-jsonl', /line 1 is not JSON/],
  [
    'a record without a solution',
    'santacoder.jsonl',
    '{"prompt":"a"}\n',
    'bad-jsonl',
    /no string "canonical_solution"/,
  ],
  ['a table of something else', 'x.csv', 'a,b\n1,2\n', 'bad-csv', /names neither sentence1/],
  ['nothing', 'x.txt', ' \n', 'empty-text', /no text/],
  ['gzip that is cut off', 'x.txt.gz', gzipSync('plain').subarray(0, 20), 'bad-gzip', /unfit/],
])('%s is an error that says where', async (_, name, content, code, message) => {
  await expect(readData(write(name, content), all)).rejects.toMatchObject({
    code,
    exitStatus: 3,
    message: expect.stringMatching(message),
  });
});

test('a file that is not there, and a folder without text', async () => {
  await expect(readData(join(folder, 'no.txt'), all)).rejects.toMatchObject({ exitStatus: 3 });
  mkdirSync(join(folder, 'empty'));
  await expect(readData(join(folder, 'empty'), all)).rejects.toMatchObject({ code: 'no-data' });
});

test('CSV has quoted commas, line breaks and quotes', () => {
  expect(parseCsv('a,"b,\n""c""",\r\n"",x')).toEqual([
    ['a', 'b,\n"c"', ''],
    ['', 'x'],
  ]);
  expect(() => parseCsv('a"b,c\n')).toThrow(SyntaxError);
});

test('words, windows, and spans of words that follow each other', () => {
  const text = ' A bc\n\nd e  f ';
  expect(wordsOf(text).map((span) => text.slice(...span))).toEqual(['A', 'bc', 'd', 'e', 'f']);
  expect(windowsOf(text, 2)).toEqual(['A bc', 'd e', 'f']);
  // The rest is less than half.
  expect(windowsOf(text, 4)).toEqual(['A bc\n\nd e']);
  expect(windowsOf('a b', 100)).toEqual(['a b']);
  const joined = joinedSpans(text, wordsOf(text));
  expect(joined.map((span) => text.slice(...span))).toEqual(['A bc', 'd e', 'f']);
});
