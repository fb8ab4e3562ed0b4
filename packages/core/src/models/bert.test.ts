// BERT, RoBERTa and ELECTRA: a layer and the head as written out, old tensor names, positions behind padding, embedding widths.
import { describe, expect, it } from 'vitest';
import { weightsInMemory } from '../tensor/evaluate.js';
import { checkInvariants } from './family-invariants.test.support.js';
import { attend, each, gelu, layerNorm, linear, plus, type Rows } from './plain-math.test.support.js';
import { readArchitecture } from './registry.js';
import {
  hiddenStates,
  maxDifference,
  plainTensors,
  randomTensors,
  type Shapes,
  type Tensors,
} from './tiny-checkpoint.test.support.js';
import { Weights } from './weights.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const base = {
  vocab_size: 11,
  hidden_size: 6,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 14,
  layer_norm_eps: 1e-3,
  hidden_act: 'relu',
};
const bert = { ...base, model_type: 'bert' };
const roberta = { ...base, model_type: 'roberta', pad_token_id: 0, type_vocab_size: 1 };
const electra = { ...base, model_type: 'electra', embedding_size: 4 };
const normShapes = (name: string, size: number): Shapes => ({
  [`${name}.weight`]: [size],
  [`${name}.bias`]: [size],
});
const denseShapes = (name: string, out: number, from: number): Shapes => ({
  [`${name}.weight`]: [out, from],
  [`${name}.bias`]: [out],
});

function encoderShapes(prefix: string, size: number, segments: number): Shapes {
  const layer = `${prefix}.encoder.layer.0`;
  return {
    [`${prefix}.embeddings.word_embeddings.weight`]: [11, size],
    [`${prefix}.embeddings.position_embeddings.weight`]: [14, size],
    [`${prefix}.embeddings.token_type_embeddings.weight`]: [segments, size],
    ...normShapes(`${prefix}.embeddings.LayerNorm`, size),
    ...denseShapes(`${layer}.attention.self.query`, 6, 6),
    ...denseShapes(`${layer}.attention.self.key`, 6, 6),
    ...denseShapes(`${layer}.attention.self.value`, 6, 6),
    ...denseShapes(`${layer}.attention.output.dense`, 6, 6),
    ...normShapes(`${layer}.attention.output.LayerNorm`, 6),
    ...denseShapes(`${layer}.intermediate.dense`, 8, 6),
    ...denseShapes(`${layer}.output.dense`, 6, 8),
    ...normShapes(`${layer}.output.LayerNorm`, 6),
  };
}

function plainModel(tensors: Tensors, prefix: string) {
  const { vector, matrix } = plainTensors(tensors);
  const dense = (x: Rows, name: string) => linear(x, matrix(`${name}.weight`), vector(`${name}.bias`));
  const norm = (x: Rows, name: string) =>
    layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), 1e-3);
  const relu = (x: Rows) => each(x, (v) => Math.max(v, 0));
  const embed = (firstPosition: number) => {
    const table = (name: string) => matrix(`${prefix}.embeddings.${name}.weight`);
    const tokens = ids.map((id) => table('word_embeddings')[id]!);
    const places = ids.map((_, i) => table('position_embeddings')[firstPosition + i]!);
    const segments = ids.map(() => table('token_type_embeddings')[0]!);
    return norm(plus(plus(tokens, places), segments), `${prefix}.embeddings.LayerNorm`);
  };
  const encode = (x: Rows) => {
    const layer = `${prefix}.encoder.layer.0`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) => dense(x, `${layer}.attention.self.${part}`));
    const attended = dense(
      attend(q!, k!, v!, { heads: 2, causal: false }),
      `${layer}.attention.output.dense`,
    );
    const after = norm(plus(attended, x), `${layer}.attention.output.LayerNorm`);
    const inner = relu(dense(after, `${layer}.intermediate.dense`));
    return norm(plus(dense(inner, `${layer}.output.dense`), after), `${layer}.output.LayerNorm`);
  };
  return { dense, norm, relu, embed, encode };
}

const keyBias = /self\.key\.bias$/;

describe('bert', () => {
  const head = 'cls.predictions.transform';
  const tensors = randomTensors({
    ...encoderShapes('bert', 6, 2),
    ...denseShapes(`${head}.dense`, 6, 6),
    ...normShapes(`${head}.LayerNorm`, 6),
  });
  const { dense, norm, relu, embed, encode } = plainModel(tensors, 'bert');
  const expected = norm(relu(dense(encode(embed(0)), `${head}.dense`)), `${head}.LayerNorm`);

  it('computes one layer and the head as written out', () => {
    expect(maxDifference(hiddenStates(bert, tensors, ids), expected)).toBeLessThan(1e-9);
  });

  it('keeps what holds of every encoder', () => checkInvariants(bert, tensors, [keyBias]));

  it('reads the names of old checkpoints, and base models without a prefix', () => {
    const old = Object.entries(tensors).map(([name, tensor]) => [
      name
        .replace(/^bert\./, '')
        .replace('LayerNorm.weight', 'LayerNorm.gamma')
        .replace('LayerNorm.bias', 'LayerNorm.beta'),
      tensor,
    ]);
    expect(maxDifference(hiddenStates(bert, Object.fromEntries(old), ids), expected)).toBeLessThan(1e-9);
  });

  it('finds the output embedding, tied or not, and its bias under either name', () => {
    const tied = readArchitecture(bert, 'config.json');
    const untied = readArchitecture({ ...bert, tie_word_embeddings: false }, 'config.json');
    expect(tied.outputEmbedding.weight).toBe('embeddings.word_embeddings.weight');
    expect(untied.outputEmbedding.weight).toBe('cls.predictions.decoder.weight');
    const resolve = (shapes: Shapes) =>
      new Weights(weightsInMemory(randomTensors(shapes)), tied.tensorNames).resolve(
        tied.outputEmbedding.bias!,
      );
    expect(resolve({ 'cls.predictions.bias': [11] })).toBe('cls.predictions.bias');
    expect(resolve({ 'cls.predictions.bias': [11], 'cls.predictions.decoder.bias': [11] })).toBe(
      'cls.predictions.decoder.bias',
    );
    expect(resolve({})).toBeUndefined();
  });

  it.each([
    [
      { position_embedding_type: 'relative_key' },
      /key "position_embedding_type": it must be "absolute", and is "relative_key"/,
    ],
    [{ is_decoder: true }, /key "is_decoder": it must be false, and is true/],
    [{ num_attention_heads: 4 }, /6 numbers, which 4 attention heads do not divide/],
  ])('refuses %j', (change, message) => {
    expect(() => readArchitecture({ ...bert, ...change }, 'config.json')).toThrow(message);
  });
});

describe('roberta', () => {
  const tensors = randomTensors({
    ...encoderShapes('roberta', 6, 1),
    ...denseShapes('lm_head.dense', 6, 6),
    ...normShapes('lm_head.layer_norm', 6),
  });

  it('computes one layer and the head as written out, from the position behind the padding id', () => {
    const { dense, norm, embed, encode } = plainModel(tensors, 'roberta');
    const expected = norm(each(dense(encode(embed(1)), 'lm_head.dense'), gelu), 'lm_head.layer_norm');
    expect(maxDifference(hiddenStates(roberta, tensors, ids), expected)).toBeLessThan(1e-9);
    expect(readArchitecture(roberta, 'config.json').sizes.maxLength).toBe(13);
  });

  it('keeps what holds of every encoder', () => checkInvariants(roberta, tensors, [keyBias]));

  it('counts from position 2 where the config names no padding id', () => {
    expect(readArchitecture({ model_type: 'roberta' }, 'config.json').sizes).toMatchObject({
      maxLength: 510,
      vocabularySize: 50265,
    });
  });
});

describe('electra', () => {
  const head = 'generator_predictions';
  const tensors = randomTensors({
    ...encoderShapes('electra', 4, 2),
    ...denseShapes('electra.embeddings_project', 6, 4),
    ...denseShapes(`${head}.dense`, 4, 6),
    ...normShapes(`${head}.LayerNorm`, 4),
  });

  it('computes one layer and the head as written out', () => {
    const { dense, norm, embed, encode } = plainModel(tensors, 'electra');
    const encoded = encode(dense(embed(0), 'electra.embeddings_project'));
    const expected = norm(each(dense(encoded, `${head}.dense`), gelu), `${head}.LayerNorm`);
    expect(maxDifference(hiddenStates(electra, tensors, ids), expected)).toBeLessThan(1e-9);
  });

  it('keeps what holds of every encoder', () => checkInvariants(electra, tensors, [keyBias]));

  it('gives hidden states of the width that its embeddings have', () => {
    const { sizes, outputEmbedding } = readArchitecture({ model_type: 'electra' }, 'config.json');
    expect(sizes).toMatchObject({ hiddenSize: 128, headSize: 64, vocabularySize: 30522 });
    expect(outputEmbedding).toEqual({
      weight: 'embeddings.word_embeddings.weight',
      untied: 'generator_lm_head.weight',
      bias: 'generator_lm_head.bias',
    });
  });

  it('needs no projection where both widths are the same', () => {
    const shapes = {
      ...encoderShapes('electra', 6, 2),
      ...denseShapes(`${head}.dense`, 6, 6),
      ...normShapes(`${head}.LayerNorm`, 6),
    };
    const same = randomTensors(shapes);
    const { dense, norm, embed, encode } = plainModel(same, 'electra');
    const expected = norm(each(dense(encode(embed(0)), `${head}.dense`), gelu), `${head}.LayerNorm`);
    expect(maxDifference(hiddenStates({ ...electra, embedding_size: 6 }, same, ids), expected)).toBeLessThan(
      1e-9,
    );
  });
});
