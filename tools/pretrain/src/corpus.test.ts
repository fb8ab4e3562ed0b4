// Reading text to train on: documents, separators, and what is no text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVocabulary, embeddedFolder, readJsonObject } from '@maria/checkpoints';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

const text = 'Once upon a time.\n\nThe end.\n<|endoftext|>\nA café.\n<|endoftext|>\n';
const documents = ['Once upon a time.\n\nThe end.', 'A café.'];
const vocabulary = createVocabulary({
  tokenizer: readJsonObject(join(embeddedFolder(), 'mlm', 'tokenizer.json')),
});

it('reads documents', async () => {
  const read = await readDocuments(file('a.txt', text), vocabulary.encode);
  expect(read.map((ids) => vocabulary.decode(ids))).toEqual(documents);
});

it('puts a separator before each document', async () => {
  const { name, ids } = await readSource(file('a.txt', text), 1, vocabulary, 0);
  expect(name).toBe('a');
  expect(vocabulary.decode(ids)).toBe(documents.map((document) => `<|endoftext|>${document}`).join(''));
});

it('refuses files without text, and binary ones', async () => {
  const read = (path: string) => readSource(path, 1, vocabulary, 0);
  await expect(read(file('empty.txt', ' \n<|endoftext|>\n'))).rejects.toThrow('it holds no text');
  await expect(read(file('binary.txt', Uint8Array.of(65, 255, 254)))).rejects.toThrow('UTF-8');
});
