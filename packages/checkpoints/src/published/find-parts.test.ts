// Parts of a MARIA checkpoint: which matrix is the head's half or a backbone's, by names, shapes and config.

import { parameterShapes, randomKey, readArchitecture, weightsInMemory } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { findParts } from './find-parts.js';
import { orderInConfig } from './head-order.js';

const sizes = {
  vocab_size: 9,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const llama = { ...sizes, model_type: 'llama', tie_word_embeddings: true };
const electra = { ...sizes, model_type: 'electra', embedding_size: 8 };
const config = { model_type: 'maria', ar_config: llama, mlm_config: electra };

function shapesUnder(prefix: string, modelConfig: object, keep = (_name: string) => true) {
  const shapes = parameterShapes(readArchitecture(modelConfig, 'config.json'));
  return Object.fromEntries(
    [...shapes].filter(([name]) => keep(name)).map(([name, shape]) => [prefix + name, shape]),
  );
}

function sourceOf(shapes: Record<string, readonly number[]>) {
  const tensors = Object.entries(shapes).map(([name, shape], stream) => {
    const key = randomKey(1, stream);
    const length = shape.reduce((a, b) => a * b, 1);
    return [name, { shape, data: Float32Array.from({ length }, (_, i) => key.normal(0, i)) }] as const;
  });
  return weightsInMemory(Object.fromEntries(tensors));
}

const backbones = { ...shapesUnder('ar.', llama), ...shapesUnder('mlm.', electra) };
const find = (shapes: Record<string, readonly number[]>, hint: object = {}) =>
  findParts(sourceOf({ ...backbones, ...shapes }), { ...config, ...hint }, 'a folder');

describe('findParts', () => {
  it('tells matrices of equal width apart by their names, else by the config, else the first is the AR model’s', () => {
    const named = find({ 'head.mlm.weight': [9, 8], 'head.ar.weight': [9, 8], 'head.ar.bias': [9] }).head;
    expect(named).toMatchObject({
      ar: { weight: 'head.ar.weight', bias: 'head.ar.bias' },
      decidedBy: 'names',
    });
    expect(named.mlm).toEqual({ weight: 'head.mlm.weight', firstColumn: 0 });

    const numbered = { 'head.0.weight': [9, 8], 'head.1.weight': [9, 8] };
    expect(find(numbered).head).toMatchObject({ ar: { weight: 'head.0.weight' }, decidedBy: 'default' });
    expect(find(numbered, { head_order: 'mlm,ar' }).head).toMatchObject({
      ar: { weight: 'head.1.weight' },
      mlm: { weight: 'head.0.weight' },
      decidedBy: 'config',
    });
  });

  it('does not take a stored copy of a tied output matrix for a half of the head', () => {
    const copies = { 'ar.lm_head.weight': [9, 8], 'mlm.generator_lm_head.weight': [9, 8] };
    expect(() => find(copies)).toThrow(/it has no head/);
    expect(find({ ...copies, 'W.weight': [9, 16] }).head.ar).toEqual({ weight: 'W.weight', firstColumn: 0 });
  });

  it('uses as many rows as the head and both tables have', () => {
    expect(find({ 'head.weight': [12, 16] }).head.rows).toBe(9);
    expect(find({ 'head.weight': [7, 16] }).head.rows).toBe(7);
  });

  it('prefers a matrix that is named like a head', () => {
    const shapes = { 'probe.weight': [9, 16], 'fusion.weight': [9, 16], 'fusion.bias': [9] };
    expect(find(shapes).head.mlm).toEqual({ weight: 'fusion.weight', bias: 'fusion.bias', firstColumn: 8 });
  });

  it('takes an MLM without its prediction head for an encoder, whose states have their own width', () => {
    const narrow = { ...electra, embedding_size: 4 };
    const encoder = shapesUnder('mlm.', narrow, (name) => !name.startsWith('generator'));
    const source = sourceOf({ ...shapesUnder('ar.', llama), ...encoder, 'head.weight': [9, 16] });
    const { mlm, summary } = findParts(source, { ...config, mlm_config: narrow }, 'a folder');
    expect(mlm.architecture.sizes.hiddenSize).toBe(8);
    expect(mlm.output).toBeUndefined();
    expect(summary).toContain('the MLM (electra without a prediction head) under "mlm."');
  });

  it('does not drop a prediction head that lies apart', () => {
    const encoder = shapesUnder('encoder.', electra, (name) => !name.startsWith('generator'));
    const head = shapesUnder('other.', electra, (name) => name.startsWith('generator'));
    const source = sourceOf({ ...shapesUnder('ar.', llama), ...encoder, ...head, 'head.weight': [9, 16] });
    expect(() => findParts(source, config, 'a folder')).toThrow(
      /is not beside the encoder, but at other\.generator_predictions\.dense\.weight/,
    );
  });

  it('says what keeps a place from being the backbone', () => {
    const incomplete = shapesUnder('ar.', llama, (name) => name !== 'norm.weight');
    const source = sourceOf({ ...incomplete, ...shapesUnder('mlm.', electra), 'head.weight': [9, 16] });
    expect(() => findParts(source, config, 'a folder')).toThrow(
      /no tensors are those of the llama of ar_config \(there is no "ar\.norm\.weight"\)/,
    );
  });
});

describe('orderInConfig', () => {
  it.each([
    [{ concat_order: ['ar', 'mlm'] }, 'ar-first'],
    [{ head_order: 'mlm_then_causal' }, 'mlm-first'],
    [{ head_order: 'mlm_first' }, 'mlm-first'],
    [{ concat_order: 'ar-first' }, 'ar-first'],
    [{ fusion: 'masked|autoregressive' }, 'mlm-first'],
    [{ ar_first: false }, 'mlm-first'],
    [{ mlm_first: false }, 'ar-first'],
    [{ concat_order: 'ar' }, undefined],
    [{ order: 3, first: true, ar_config: {} }, undefined],
    [{ ar_first: true, concat_order: ['mlm', 'ar'] }, undefined],
    [{}, undefined],
  ])('%j', (hint, order) => {
    expect(orderInConfig(hint)).toBe(order);
  });
});
