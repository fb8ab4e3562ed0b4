// Splitting bytes into lines with bounded memory.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, openSource, readLines, readWhole } from './input.js';

async function* chunks(parts: Iterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function linesOf(parts: Iterable<Uint8Array | string>, limit?: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(chunks(parts), limit)) lines.push(line);
  return lines;
}

const shown = ({ number, bytes, ending }: Line) => [number, bytes?.toString('latin1'), ending];

test('lines keep their ending, and the last one may have none', async () => {
  expect((await linesOf(['one\ntwo\r\n\nlast'])).map(shown)).toEqual([
    [1, 'one', '\n'],
    [2, 'two', '\r\n'],
    [3, '', '\n'],
    [4, 'last', ''],
  ]);
  expect(await linesOf([])).toEqual([]);
  expect((await linesOf(['\n'])).map(shown)).toEqual([[1, '', '\n']]);
});

test('however the bytes arrive, the lines together are the input', async () => {
  const byte = fc.constantFrom(0x0a, 0x0d, 0x61, 0xff);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(byte, { maxLength: 5 })), async (parts) => {
      const pieces = parts.map((part) => Uint8Array.from(part));
      const lines = await linesOf(pieces);
      const joined = Buffer.concat(
        lines.flatMap(({ bytes, ending }) => [bytes ?? Buffer.from('?'), Buffer.from(ending)]),
      );
      expect(joined).toEqual(Buffer.concat(pieces));
      expect(lines.every(({ bytes }) => !bytes?.includes(0x0a))).toBe(true);
    }),
  );
});

test('a line beyond the limit is dropped, and the next ones are read', async () => {
  const lines = await linesOf(['12345', '6789\nab', 'cd\n', '123456'], 5);
  expect(lines.map(shown)).toEqual([
    [1, undefined, '\n'],
    [2, 'abcd', '\n'],
    [3, undefined, ''],
  ]);
});

test('the whole input has a limit too', async () => {
  const source = (...parts: string[]) => ({ name: 'standard input', bytes: chunks(parts) });
  expect((await readWhole(source('a\n', 'b'))).toString()).toBe('a\nb');
  await expect(readWhole(source('abc', 'def'), 5)).rejects.toThrow(
    /^Cannot read standard input: it is longer than/,
  );
});

test('a missing file is an error of data that names it', async () => {
  const first = (path: string) =>
    openSource(path, new AbortController().signal).bytes[Symbol.asyncIterator]().next();
  await expect(first('/no/such/file.jsonl')).rejects.toMatchObject({
    exitStatus: 3,
    message: 'Cannot read /no/such/file.jsonl: there is no such file.',
    try: 'Check the path.',
  });
  await expect(first(import.meta.dirname)).rejects.toMatchObject({
    exitStatus: 3,
    message: `Cannot read ${import.meta.dirname}: it is a folder.`,
    try: 'Name a file in it.',
  });
});
