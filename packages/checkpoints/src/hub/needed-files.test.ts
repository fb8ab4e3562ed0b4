// Which files of a repository are pulled: one format of weights, shards by their index, no code, no other paths.
import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { indexesToRead, neededFiles, requireReadableTokenizer } from './needed-files.js';

const index = {
  weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
};
const needed = (files: string[], config = {}, read: object = index) =>
  neededFiles('m', files, config, () => ({ ...read }));

describe('neededFiles', () => {
  it('leaves out code and the same weights in other formats', () => {
    const files = [
      '.gitattributes',
      'LICENSE',
      'README.md',
      'config.json',
      'flax_model.msgpack',
      'generation_config.json',
      'merges.txt',
      'model.safetensors',
      'model.fp16.safetensors',
      'modeling_m.py',
      'onnx/model.onnx',
      'onnx/config.json',
      'original/model.safetensors',
      'pytorch_model.bin',
      'special_tokens_map.json',
      'tf_model.h5',
      'tokenizer.json',
      'tokenizer_config.json',
      'training_args.bin',
      'vocab.json',
    ];
    expect(needed(files)).toEqual([
      'config.json',
      'LICENSE',
      'README.md',
      'generation_config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  it('takes the parts of a tokenizer where it is not in one file', () => {
    expect(needed(['config.json', 'merges.txt', 'model.safetensors', 'vocab.json'])).toEqual([
      'config.json',
      'merges.txt',
      'model.safetensors',
      'vocab.json',
    ]);
    expect(needed(['config.json', 'model.safetensors', 'vocab.txt'])).toContain('vocab.txt');
  });

  it('takes what MDLM and SEDD are published as: no tokenizer', () => {
    const sedd = { model: { type: 'ddit' }, graph: { type: 'absorb' } };
    expect(needed(['config.json', 'pytorch_model.bin'], sedd)).toEqual(['config.json', 'pytorch_model.bin']);
    expect(needed(['config.json', 'model.safetensors', 'pytorch_model.bin'], sedd)).toEqual([
      'config.json',
      'model.safetensors',
    ]);
    expect(needed(['config.json', 'model.safetensors'], { model_type: 'mdlm' })).toHaveLength(2);
  });

  it("takes weights in PyTorch's format where there are no others", () => {
    const own = ['config.json', 'pytorch_model.bin', 'tokenizer.json'];
    expect(needed([...own, 'onnx/model.safetensors'])).toEqual(own);
    for (const others of [['model.safetensors'], ['model.fp16.safetensors']])
      expect(needed([...own, ...others])).not.toContain('pytorch_model.bin');
    expect(() => needed(['config.json', 'pytorch_model.bin'])).toThrow('it has no tokenizer.json');
    const bundle = [
      'config.json',
      'head.safetensors',
      'tokenizer.json',
      'ar/config.json',
      'ar/pytorch_model.bin',
    ];
    const maria = { model_type: 'maria', maria_version: 1 };
    expect(needed([...bundle, 'ar/tokenizer.json'], maria)).toContain('ar/pytorch_model.bin');
    expect(() => needed(bundle, maria)).toThrow('its folder "ar/" has no tokenizer.json');
  });

  it('refuses a repository without a tokenizer that it can read, a part without one too', () => {
    expect(() => needed(['config.json', 'model.safetensors', 'vocab.json'])).toThrow(
      'Cannot use m: it has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt, only "vocab.json".',
    );
    const bundle = ['config.json', 'head.safetensors', 'ar/config.json', 'ar/model.safetensors'];
    expect(() => needed([...bundle, 'tokenizer.json'], { model_type: 'maria' })).toThrow(
      'Cannot use m: its folder "ar/" has no tokenizer.json',
    );
    const own = { model_type: 'maria', maria_version: 1 };
    expect(needed([...bundle, 'ar/tokenizer.json'], own)).toContain('ar/tokenizer.json');
  });

  it('refuses a tokenizer in parts whose class is not known, before the weights', () => {
    const inParts = ['config.json', 'merges.txt', 'model.safetensors', 'tokenizer_config.json', 'vocab.json'];
    const check = (tokenizer_class?: string, model_type = 'llama') =>
      requireReadableTokenizer(inParts, { model_type }, () => ({
        ...(tokenizer_class && { tokenizer_class }),
      }));
    expect(() => check('CLIPTokenizer')).toThrow(
      'Cannot read the tokenizer: it is vocab.json with merges.txt without a tokenizer.json, and the class "CLIPTokenizer" is not one that is known to read them.',
    );
    expect(() => check()).toThrow(/no class that reads them is named/);
    expect(() => check('GPT2TokenizerFast')).not.toThrow();
    expect(() => check(undefined, 'roberta')).not.toThrow();
  });

  it('takes the shards that the index names, and no others', () => {
    const shards = Object.values(index.weight_map);
    const files = [
      'config.json',
      'consolidated.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
      ...shards,
    ];
    expect(indexesToRead('m', files, {})).toEqual(['model.safetensors.index.json']);
    expect(needed(files)).toEqual([
      'config.json',
      ...shards,
      'model.safetensors.index.json',
      'tokenizer.json',
    ]);
    expect(() => needed(files.slice(0, -1))).toThrow(
      /names "model-00002-of-00002.safetensors", which the repository does not have/,
    );
    expect(indexesToRead('m', [...files, 'model.safetensors'], {})).toEqual([]);
  });

  it.each(['../x.safetensors', 'a/x.safetensors', '/x.safetensors', 'x.py'])(
    'refuses the shard name %s',
    (shard) => {
      const files = ['config.json', 'model.safetensors.index.json', shard];
      expect(() => needed(files, {}, { weight_map: { a: shard } })).toThrow(
        /does not name .safetensors files in the same folder/,
      );
    },
  );

  it('takes the head and the bundled backbones of a MARIA checkpoint', () => {
    const files = [
      'ar/config.json',
      'ar/model.safetensors',
      'ar/tokenizer.json',
      'ar/x.py',
      'config.json',
      'head.safetensors',
      'img/a.png',
      'mlm/config.json',
      'mlm/model.safetensors',
      'mlm/tokenizer.json',
      'tokenizer.json',
    ];
    expect(needed(files, { model_type: 'maria' })).toEqual([
      'config.json',
      'ar/config.json',
      'ar/model.safetensors',
      'ar/tokenizer.json',
      'head.safetensors',
      'mlm/config.json',
      'mlm/model.safetensors',
      'mlm/tokenizer.json',
      'tokenizer.json',
    ]);
    expect(() => needed(files.slice(0, 4), { model_type: 'gpt2' })).toThrow(DataError);
  });

  it('says what there is in place of weights that it can read', () => {
    const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model.bin.index.json'];
    expect(() => needed(['config.json', ...shards])).toThrow(
      'Cannot use m: it has no .safetensors weights and no pytorch_model.bin, only others such as "pytorch_model-00001-of-00002.bin".',
    );
  });
});
