// Model folders: one file or shards, what is missing or damaged, and pickled weights with a safe conversion command.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, takeTurns } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, openingCheckpoint } from './checkpoint.js';
import { temporaryFolder, writeRaw } from './raw-files.test.support.js';
import { writeSafetensors } from './write-safetensors.js';

const folder = temporaryFolder();

/** A folder with these text files. */
function folderOf(files: Record<string, string>): string {
  const path = mkdtempSync(join(folder, 'model-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const tensor = (name: string, value: number) => ({ name, shape: [1], data: Float32Array.of(value) });

describe('openCheckpoint', () => {
  it('opens one file of weights, or another by name, with the tokenizer files that are there', async () => {
    const path = folderOf({ 'config.json': '{"model_type":"olmo"}', 'tokenizer.json': '{"model":{}}' });
    await writeSafetensors(join(path, 'model.safetensors'), [tensor('w', 1)]);
    await writeSafetensors(join(path, 'head.safetensors'), [tensor('w', 2)]);
    const checkpoint = openCheckpoint(path);
    expect(checkpoint).toMatchObject({
      folder: path,
      config: { model_type: 'olmo' },
      tokenizer: { model: {} },
    });
    expect(checkpoint.tokenizerConfig).toBeUndefined();
    expect([...checkpoint.weights.read('w')]).toEqual([1]);
    expect([...openCheckpoint(path, { weights: 'head' }).weights.read('w')]).toEqual([2]);
  });

  it('stops now and then in a long file', async () => {
    const tokenizer = {
      model: { vocab: Object.fromEntries(Array.from({ length: 2 ** 16 }, (_, i) => [i, i])) },
    };
    const path = folderOf({ 'config.json': '{}', 'tokenizer.json': JSON.stringify(tokenizer) });
    await writeSafetensors(join(path, 'model.safetensors'), [tensor('w', 1)]);
    const opening = openingCheckpoint(path);
    expect([opening.next(), opening.next()].map(({ done }) => done)).toEqual([false, false]);
    expect(await takeTurns(openingCheckpoint(path))).toMatchObject({ tokenizer });
  });

  it('opens shards by their index', async () => {
    const index = JSON.stringify({
      weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors', c: 'm-1.safetensors' },
    });
    const path = folderOf({ 'config.json': '{}', 'model.safetensors.index.json': index });
    await writeSafetensors(join(path, 'm-1.safetensors'), [tensor('a', 1), tensor('c', 3)]);
    expect(() => openCheckpoint(path)).toThrow(/m-2.safetensors: there is no such file/);
    await writeSafetensors(join(path, 'm-2.safetensors'), [tensor('b', 2)]);
    const { weights } = openCheckpoint(path);
    expect([...weights.names()].map((name) => weights.read(name)[0])).toEqual([1, 2, 3]);
    await writeSafetensors(join(path, 'm-2.safetensors'), [tensor('x', 2)]);
    expect(() => openCheckpoint(path)).toThrow(
      /places tensor "b" in m-2.safetensors, which has no such tensor among its 1/,
    );
  });

  it.each([
    '../m.safetensors',
    '/etc/m.safetensors',
    'a/m.safetensors',
    'a\\m.safetensors',
    'C:m.safetensors',
    'm\0.safetensors',
    'm.bin',
    '',
  ])('refuses the shard name %j', (shard) => {
    const index = JSON.stringify({ weight_map: { a: shard } });
    const path = folderOf({ 'config.json': '{}', 'model.safetensors.index.json': index });
    expect(() => openCheckpoint(path)).toThrow(/not the name of a .safetensors file in the same folder/);
  });

  it('refuses an index without a usable weight_map', () => {
    for (const [index, fact] of [
      ['{}', /has no "weight_map" object/],
      ['{"weight_map":[]}', /has no "weight_map" object/],
      ['{"weight_map":{"a":1}}', /names no file for tensor "a"/],
      ['{"weight_map":{}}', /weight_map is empty/],
      [`{"weight_map":${'['.repeat(200_000)}`, /is not valid JSON/],
    ] as const)
      expect(() =>
        openCheckpoint(folderOf({ 'config.json': '{}', 'model.safetensors.index.json': index })),
      ).toThrow(fact);
  });

  it('says what is missing', () => {
    expect(() => openCheckpoint(join(folder, 'absent'))).toThrow(/absent: there is no such file or folder/);
    expect(() => openCheckpoint(writeRaw(folder, 'file', '{}'))).toThrow(/it is not a folder/);
    expect(() => openCheckpoint(folderOf({}))).toThrow(/the folder is empty/);
    expect(() => openCheckpoint(folderOf({ 'README.md': '' }))).toThrow(/it has no config.json/);
    expect(() => openCheckpoint(folderOf({ 'config.json': '{}' }))).toThrow(/it has no model.safetensors\./);
    expect(() => openCheckpoint(folderOf({ 'config.json': '{}' }), { weights: 'head' })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('it has no head.safetensors.'),
        try: 'Give a folder that holds config.json, head.safetensors and tokenizer.json.',
      }),
    );
    expect(() => openCheckpoint(folderOf({ 'config.json': '{}', 'x.safetensors': '' }))).toThrow(
      /it has no model.safetensors \(only x.safetensors\)/,
    );
  });

  it('says how to convert pickled weights, and takes nothing but a plain class name into the command', () => {
    const pickled = (config: string): DataError => {
      try {
        openCheckpoint(folderOf({ 'config.json': config, 'pytorch_model.bin': '' }));
      } catch (error) {
        return error as DataError;
      }
      throw new Error('it was opened');
    };
    const error = pickled('{"architectures":["OlmoForCausalLM"]}');
    expect(error.message).toMatch(/it has pytorch_model.bin and no model.safetensors/);
    expect(error.try).toMatch(/from transformers import OlmoForCausalLM as M; M.from_pretrained\('.*'\)/);
    expect(pickled('{"architectures":["M; import os"]}').try).toContain('import AutoModel as M');
    const shards = {
      'config.json': '{}',
      'pytorch_model-00001-of-00002.bin': '',
      'pytorch_model.bin.index.json': '{}',
    };
    expect(() => openCheckpoint(folderOf(shards))).toThrow(
      /maria reads one file, pytorch_model\.bin, and no shards\.$/,
    );
  });

  it('names the JSON file that is damaged', () => {
    const cases: [text: string | Uint8Array, fact: RegExp][] = [
      ['', /it is empty/],
      [' \n', /it is empty/],
      ['{', /it is not valid JSON/],
      ['[1]', /it holds no JSON object/],
      ['null', /it holds no JSON object/],
      [Uint8Array.of(0x7b, 0xc3, 0x28, 0x7d), /it is not valid UTF-8/],
    ];
    for (const [text, fact] of cases) {
      const path = folderOf({});
      writeFileSync(join(path, 'config.json'), text);
      expect(() => openCheckpoint(path)).toThrow(fact);
      expect(() => openCheckpoint(path)).toThrow(/^Cannot read .*config\.json: /);
      expect(() => openCheckpoint(path)).toThrow(DataError);
    }
    const large = folderOf({ 'config.json': `{"a":"${'x'.repeat(16_000_000)}"}` });
    expect(() => openCheckpoint(large)).toThrow(/more than the 16000000 that such a file may have/);
  });
});
