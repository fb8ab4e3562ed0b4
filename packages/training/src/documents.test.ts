// Documents of text, JSONL, zstd and gzip, in whatever chunks the bytes come; and what is none.
import { gzipSync } from 'node:zlib';
import { DataError } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentsOf } from './documents.js';

/** "One.\n<|endoftext|>\nTwo.\n" */
const frame = Buffer.from('KLUv/SQYwQAAT25lLgo8fGVuZG9mdGV4dHw+ClR3by4KcVvhcw==', 'base64');

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function read(
  content: string | Uint8Array,
  { name = 'data.txt', chunk = 1000 } = {},
): Promise<string[][]> {
  const documents: string[][] = [];
  let open: string[] = [];
  for await (const piece of documentsOf({ name, bytes: inChunks(Buffer.from(content), chunk) })) {
    if (piece !== 'end') {
      open.push(piece.text);
      continue;
    }
    documents.push(open);
    open = [];
  }
  expect(open).toEqual([]);
  return documents;
}

describe('documentsOf', () => {
  it('splits text at separator lines', async () => {
    expect(await read('One.\n\nMore.\n<|endoftext|>\n\nTwo.\r\n<|endoftext|>\n')).toEqual([
      ['One.\n\nMore.'],
      ['Two.'],
    ]);
    expect(await read('a <|endoftext|> b\n<|endoftext|>')).toEqual([['a <|endoftext|> b']]);
    expect(await read('\n<|endoftext|>\n<|endoftext|>\n \n')).toEqual([]);
    expect(await read('')).toEqual([]);
    expect(await read('one line without an end')).toEqual([['one line without an end']]);
  });

  it('hands long documents on in pieces that join to the whole, cut before words', async () => {
    const line = `${'word '.repeat(200)}end\n  indented\n`;
    const text = line.repeat(200);
    const [pieces, ...others] = await read(text);
    expect(others).toEqual([]);
    expect(pieces!.length).toBeGreaterThan(2);
    expect(pieces!.join('')).toBe(text.trimEnd());
    for (const piece of pieces!.slice(1)) expect(piece).toMatch(/^word/);
  });

  it('sees JSONL in a stream by its first line, and text in all else', async () => {
    const records = '{"text": "One."}\n{"text": "Two."}\n';
    expect(await read(records, { name: 'standard input' })).toEqual([['One.'], ['Two.']]);
    expect(await read('{"id": 1}\nOne.', { name: 'standard input' })).toEqual([['{"id": 1}\nOne.']]);
    expect(await read('null\n', { name: 'standard input' })).toEqual([['null']]);
    await expect(read('{"text": "One."}\nTwo.', { name: 'standard input' })).rejects.toThrow(
      /line 2 is not JSON/,
    );
  });

  it('reads the same in chunks of any size, within characters too', async () => {
    const text = 'Ünï😀\r\n<|endoftext|>\nzwei\n\nZeilen\n';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (chunk) => {
        expect(await read(text, { chunk })).toEqual([['Ünï😀'], ['zwei\n\nZeilen']]);
        expect(await read(frame, { chunk })).toEqual([['One.'], ['Two.']]);
        expect(await read(gzipSync(text), { chunk })).toEqual([['Ünï😀'], ['zwei\n\nZeilen']]);
      }),
    );
  });

  it('reads JSONL', async () => {
    const lines = '{"text":"One\\ntwo","id":1}\n\n{"text":"<|endoftext|>"}\n';
    expect(await read(lines, { name: 'a.jsonl' })).toEqual([['One\ntwo'], ['<|endoftext|>']]);
    await expect(read('{"text":"a"}\n{"text":1}\n', { name: 'a.jsonl.zst' })).rejects.toThrow(
      'Cannot read a.jsonl.zst: line 2 has no string "text".',
    );
    await expect(read('{"text":"a"\n', { name: 'a.jsonl' })).rejects.toThrow('line 1 is not JSON');
  });

  it('reads several frames and members', async () => {
    expect(await read(Buffer.concat([frame, frame]), { chunk: 7 })).toEqual([
      ['One.'],
      ['Two.\nOne.'],
      ['Two.'],
    ]);
    const member = gzipSync('One.\n');
    expect(await read(Buffer.concat([member, member]), { chunk: 7 })).toEqual([['One.\nOne.']]);
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0xfe]), 'it is not UTF-8, near line 1'],
    ['a zero byte', Buffer.from('a\n\0\n'), 'it holds a zero byte'],
    ['a character that is cut off', Buffer.from('é').subarray(0, 1), 'it is not UTF-8'],
    ['a line without an end', Buffer.alloc(2 ** 24 + 2, 'x'), 'it is longer than 16777216 characters'],
    ['the start of a frame', frame.subarray(0, 5), 'its zstd data are unfit'],
    ['gzip data that are cut off', gzipSync('text').subarray(0, 15), 'its gzip data are unfit'],
    ['a frame that is cut off', frame.subarray(0, -8), 'its zstd data are unfit (unexpected EOF)'],
    [
      'a frame that asks for 1 TiB',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xf0, 0, 0]),
      'a window of 1099511627776 bytes',
    ],
  ])('refuses %s', async (_, bytes, fact) => {
    await expect(read(bytes)).rejects.toThrow(DataError);
    await expect(read(bytes)).rejects.toThrow(fact);
  });
});
