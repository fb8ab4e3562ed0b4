// Output that was cut at any byte is completed to the same bytes.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OutputForm, resumedOutput } from './resume.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-resume-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const records: OutputForm = { linesEach: 1, records: true };
const file = () => join(folder, 'out');

/** Writes what is missing of the texts, and tells how many were. */
async function goOn(texts: readonly string[], form: OutputForm): Promise<number> {
  const { sink, done } = await resumedOutput(file(), form);
  for (const text of texts.slice(done)) await sink.write(text);
  await sink.close();
  return texts.length - done;
}

const cases: [string, OutputForm, string[]][] = [
  ['records', records, ['{"text":"ä€😀 1"}\n', '{"id":{"a":[1]},"text":"}"}\n', '{"text":""}\n']],
  ['lines', { linesEach: 1, records: false }, ['ä€😀\r\n', '\n', 'one\r\n', 'two\n']],
  ['two lines for each text', { linesEach: 2, records: false }, ['a\nb\n', '\n\n', 'ä\nc\n']],
];

test.each(cases)('%s', async (_, form, texts) => {
  const whole = Buffer.from(texts.join(''));
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(file(), whole.subarray(0, cut));
    await goOn(texts, form);
    expect(readFileSync(file()), `cut at ${cut}`).toEqual(whole);
  }
});

test('a whole record without its line break is kept', async () => {
  writeFileSync(file(), '{"n":1}\n{"n":2}');
  expect(await goOn(['{"n":1}\n', '{"n":2}\n', '{"n":3}\n'], records)).toBe(1);
  expect(readFileSync(file(), 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
});

test('a line of text without its line break may be cut, and is done again', async () => {
  writeFileSync(file(), 'one\ntwo');
  expect(await goOn(['one\n', 'two three\n'], { linesEach: 1, records: false })).toBe(1);
  expect(readFileSync(file(), 'utf8')).toBe('one\ntwo three\n');
});

test('the file stays as it is until the first write, and a new one begins', async () => {
  writeFileSync(file(), '{"n":1}\n{"n":');
  const { sink, done, failed } = await resumedOutput(file(), records);
  expect([done, failed]).toEqual([1, 0]);
  expect(await sink.abandon()).toBe(file());
  expect(readFileSync(file(), 'utf8')).toBe('{"n":1}\n{"n":');
  rmSync(file());
  expect(await goOn(['{"n":1}\n'], records)).toBe(1);
});

test('error records of the earlier run are counted', async () => {
  writeFileSync(file(), '{"error":{"code":"a","message":"b"}}\n{"text":"\\"error\\":"}\n{"error":"mine"}\n');
  const resumed = await resumedOutput(file(), records);
  await resumed.sink.abandon();
  expect(resumed).toMatchObject({ done: 3, failed: 1 });
});

test('what is no file is refused', async () => {
  await expect(resumedOutput(folder, records)).rejects.toMatchObject({ code: 'cannot-write' });
  await expect(resumedOutput('/dev/null', records)).rejects.toThrow('only a file can be gone on with');
  symlinkSync(file(), join(folder, 'link'));
  const { sink } = await resumedOutput(join(folder, 'link'), records);
  await sink.write('{}\n');
  await sink.close();
  expect(readFileSync(file(), 'utf8')).toBe('{}\n');
});
