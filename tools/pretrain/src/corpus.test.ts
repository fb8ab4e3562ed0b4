// Reading text to train on: plain and compressed files, documents, and what is no text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVocabulary } from '@maria/core';
import { embeddedFolder, readJsonObject } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocuments, readSource } from './corpus.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-corpus-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** A zstd frame of one block that is stored as it is. */
function stored(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const block = (bytes.length << 3) | 1;
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, block & 0xff, block >> 8, 0, ...bytes);
}

const text = 'Once upon a time.\n\nThe end.\n<|endoftext|>\nA café.\n<|endoftext|>\n';
const documents = ['Once upon a time.\n\nThe end.', 'A café.'];

describe('readDocuments', () => {
  it('splits plain and compressed files', () => {
    expect(readDocuments(file('a.txt', text))).toEqual(documents);
    expect(readDocuments(file('a.txt.zst', stored(text)))).toEqual(documents);
    expect(readDocuments(file('one.txt', 'No separator'))).toEqual(['No separator']);
  });

  it('refuses files without text, and binary ones', () => {
    expect(() => readDocuments(file('empty.txt', ' \n<|endoftext|>\n'))).toThrow('it holds no text');
    expect(() => readDocuments(file('binary.txt', Uint8Array.of(65, 255, 254)))).toThrow('not valid UTF-8');
  });
});

describe('readSource', () => {
  it('puts a separator before each document', () => {
    const vocabulary = createVocabulary({
      tokenizer: readJsonObject(join(embeddedFolder(), 'mlm', 'tokenizer.json')),
    });
    const { name, ids } = readSource(file('a.txt', text), 1, vocabulary, 0);
    expect(name).toBe('a');
    expect(vocabulary.decode(ids)).toBe(documents.map((document) => `<|endoftext|>${document}`).join(''));
  });
});
