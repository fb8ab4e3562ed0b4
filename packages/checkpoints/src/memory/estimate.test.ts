// Memory that a model needs: each matrix once, the KV cache, quantised copies; refused with numbers where it is short.
import {
  numberOfElements,
  parameterShapes,
  readArchitecture,
  tracePart,
  type WeightSource,
} from '@maria/core';
import { describe, expect, it } from 'vitest';
import type { Quantization } from '../quantize/scheme.js';
import { type EstimatedModel, estimateMemory } from './estimate.js';
import { lanesThatFit } from './lanes-that-fit.js';
import { refuseShortMemory } from './refuse-short-memory.js';

function part<K extends 'causal' | 'masked'>(config: Record<string, unknown>, kind: K) {
  const architecture = readArchitecture(config, 'config.json');
  if (architecture.kind !== kind) throw new Error(`${architecture.modelType} is ${architecture.kind}`);
  const shapes = parameterShapes(architecture);
  const weights: WeightSource = {
    names: () => shapes.keys(),
    get: (name) => {
      const shape = shapes.get(name);
      return (
        shape && { name, shape, dtype: 'bfloat16', location: { kind: 'memory', bytes: new Uint8Array() } }
      );
    },
    read: () => new Float32Array(),
  };
  return { ...tracePart(architecture as Extract<typeof architecture, { kind: K }>, weights), shapes };
}

/** The shape of OLMo-1B and ModernBERT-large. */
const ar = part(
  {
    model_type: 'olmo',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
  },
  'causal',
);
const mlm = part(
  {
    model_type: 'modernbert',
    hidden_size: 1024,
    intermediate_size: 2624,
    num_hidden_layers: 28,
    num_attention_heads: 16,
  },
  'masked',
);
const model: EstimatedModel = {
  ar,
  mlm,
  matrices: [
    { source: ar.weights, weight: 'embed_tokens.weight', hiddenSize: 2048 },
    { source: mlm.weights, weight: 'embeddings.tok_embeddings.weight', hiddenSize: 1024 },
  ],
  vocabularySize: 50304,
  capacity: 2048,
};
const GiB = 2 ** 30;

describe('estimateMemory', () => {
  it('counts each matrix once in the form that kernels read, and the KV cache whole', () => {
    const elements = [...ar.shapes, ...mlm.shapes].reduce(
      (total, [, shape]) => total + numberOfElements(shape),
      0,
    );
    const { weights, kvCache, total } = estimateMemory(model, 'none');
    // The tables of embeddings are not in memory, but matrices of the same size in the head are.
    expect(weights / (4 * elements)).toBeCloseTo(1, 3);
    expect(kvCache).toBe(2 * 16 * 2048 * 2049 * 4);
    expect(total).toBeGreaterThan(weights + kvCache);
  });

  it('of the 1B pair in int4 stays below 2.5 GB, and int8 is between', () => {
    const [none, int8, int4] = (['none', 'int8', 'int4'] as const).map(
      (scheme) => estimateMemory(model, scheme).total,
    );
    expect(int4).toBeLessThan(2.5e9);
    expect(int4).toBeGreaterThan(0.75 * 1.5e9);
    expect(int8).toBeGreaterThan(int4!);
    expect(none).toBeGreaterThan(2 * int8!);
  });

  it('counts half for a KV cache in float16, and nothing else less', () => {
    const [full, half] = [
      estimateMemory(model, 'int4'),
      estimateMemory({ ...model, cacheStorage: 'float16' }, 'int4'),
    ];
    expect(half).toEqual({ ...full, kvCache: full.kvCache / 2, total: full.total - full.kvCache / 2 });
  });

  it('counts a KV cache for each lane, and weights once more for each session of a small model', () => {
    const [one, many] = [1, 16].map((lanes) => estimateMemory({ ...model, lanes }, 'none'));
    expect(many).toMatchObject({ kvCache: 16 * one!.kvCache, weights: one!.weights });
    const small = part(
      {
        model_type: 'olmo',
        hidden_size: 64,
        intermediate_size: 128,
        num_hidden_layers: 1,
        num_attention_heads: 4,
      },
      'causal',
    );
    const of = (lanes: number, mlm?: EstimatedModel['mlm']) =>
      estimateMemory(
        { ar: small, ...(mlm && { mlm }), matrices: [], vocabularySize: 8, capacity: 8, lanes },
        'none',
      ).weights;
    // Sessions of 1, 2, 4 and 5 slots.
    expect(of(5)).toBe(4 * of(1));
    const smallMlm = part(
      {
        model_type: 'modernbert',
        hidden_size: 64,
        intermediate_size: 128,
        num_hidden_layers: 1,
        num_attention_heads: 4,
      },
      'masked',
    );
    const [arOnly, mlmOnly] = [of(1), of(1, smallMlm) - of(1)];
    // With passes side by side each reads half of the lanes, and the MLM has a session for several texts.
    expect(of(5, smallMlm)).toBe(3 * arOnly + 2 * mlmOnly);
  });

  it('tells apart what texts read of the tables, which are no larger than they are', () => {
    const tables = 4 * 50304 * (2048 + 1024);
    const [one, many, most] = [1, 16, 10_000].map((lanes) =>
      estimateMemory({ ...model, lanes, capacity: 512 }, 'int8'),
    );
    expect(one!.mapped).toBeGreaterThan(512 * 4 * (2048 + 1024));
    expect(one!.mapped).toBeLessThan(0.2 * tables);
    expect(many!.mapped).toBeGreaterThan(0.8 * 0.5 * tables);
    expect(most!.mapped / tables).toBeCloseTo(1 / 2, 2);
    const { total, ...parts } = many!;
    expect(total).toBe(Object.values(parts).reduce((sum, part) => sum + part));
  });

  it('counts the logits that sequences keep, which do not grow with many lanes', () => {
    const [one, four, sixteen, most] = [1, 4, 16, 64].map(
      (lanes) => estimateMemory({ ...model, capacity: 512, lanes }, 'int8').buffers,
    );
    const rowBytes = 4 * 50304;
    expect(four! - one!).toBeGreaterThan(2 * (4 * 64 - 64) * rowBytes);
    // Hidden states, of a chunk and of the gaps of two texts, and a few rows for each lane are all that is more.
    expect(most! - sixteen!).toBeLessThan(48 * (256 * 2048 * 4 + 2 * 256 * 1024 * 4 + 5 * rowBytes));
  });

  it('counts no longer text than the KV cache holds', () => {
    const [short, long] = [512, 2048].map(
      (capacity) => estimateMemory({ ...model, capacity }, 'int8').buffers,
    );
    expect(long! - short!).toBeGreaterThan(40 * 2 ** 20);
  });

  it('counts on a device the head twice and whole tables, and no file', () => {
    const head = 50304 * (2048 + 1024);
    const tables = 4 * (50304 * 2048 + 50368 * 1024);
    for (const [quantize, bytes] of [
      ['none', 4],
      ['int8', 1],
    ] as const) {
      const [cpu, cuda] = [undefined, 'cuda' as const].map((device) =>
        estimateMemory({ ...model, device }, quantize),
      );
      expect(cuda!.weights - cpu!.weights).toBe(bytes * head + tables);
      expect(cuda!.mapped).toBe(0);
    }
    const half = estimateMemory({ ...model, device: 'cuda', dtype: 'float16' }, 'none');
    expect(half.weights).toBe(estimateMemory({ ...model, device: 'cuda' }, 'none').weights / 2);
    const { ar: _, ...withoutAr } = model;
    const alone = { ...withoutAr, matrices: [model.matrices[1]!] };
    const [cpu, cuda] = [undefined, 'cuda' as const].map(
      (device) => estimateMemory({ ...alone, device }, 'none').weights,
    );
    expect(cuda! - cpu!).toBe(4 * 50368 * 1024);
  });

  it('counts the scores of attention that a device computes step by step', () => {
    const on = (device: EstimatedModel['device'], storage: 'float32' | 'float16') => {
      const traced = tracePart(ar.architecture, ar.weights, { capacity: 2048, lanes: 1, storage });
      const { buffers } = estimateMemory(
        { ar: traced, matrices: [], vocabularySize: 8, capacity: 2048, device },
        'none',
      );
      return buffers;
    };
    // Scores of 256 rows in 16 heads, twice, with copies of 2049 keys and values.
    const steps = 2 * 2049 * (2 * 16 * 256 + 4 * 2048 + 256) * 4;
    expect(on('cuda', 'float32') - on(undefined, 'float32')).toBe(steps);
    expect(on('cuda', 'float16')).toBe(on(undefined, 'float16'));
    // Which kernels are right there is known later.
    expect(on('webgpu', 'float16') - on(undefined, 'float16')).toBe(steps);
  });

  it('leaves out what is not there', () => {
    const { ar: _, ...withoutAr } = model;
    expect(estimateMemory({ ...withoutAr, matrices: [] }, 'none').kvCache).toBe(0);
  });
});

describe('refuseShortMemory', () => {
  const available = (bytes: number) => ({ bytes, total: bytes, limit: 'machine' as const });
  const refusal = (bytes: number, ...quantizations: Quantization[]) =>
    refusalOf(model, bytes, ...quantizations);
  const refusalOf = (refused: EstimatedModel, bytes: number, ...quantizations: Quantization[]) => {
    try {
      refuseShortMemory(refused, quantizations, available(bytes));
    } catch (error) {
      return error as Error & { try: string };
    }
    return undefined;
  };

  it('lets through what fits', () => {
    expect(refusal(8 * GiB, 'none')).toBeUndefined();
    expect(refusal(2.5 * GiB, 'int4')).toBeUndefined();
  });

  it('tells the numbers and what would fit', () => {
    expect(refusal(4 * GiB, 'none')).toMatchObject({
      code: 'memory-short',
      exitStatus: 5,
      message: expect.stringMatching(
        /^Cannot load the model: it takes about 6\.\d\d GiB of memory \(weights 5\.86 GiB, KV cache 0\.50 GiB\), and 4\.00 GiB are available\.$/,
      ),
      try: expect.stringMatching(/^Use weights as int8, which takes about 2\.\d\d GiB\.$/),
    });
    expect(refusal(2.3 * GiB, 'none')?.try).toMatch(/^Use weights as int4, /);
    expect(refusal(2.1 * GiB, 'none')?.try).toMatch(/^Use weights as int4 and a context of 1024 tokens, /);
    expect(refusal(2 * GiB, 'int4')).toMatchObject({
      try: 'Use a KV cache of float16.',
      facts: { kvCache: 'float16' },
    });
    expect(refusalOf({ ...model, capacity: 8192 }, 2.1 * GiB, 'int4')?.try).toBe(
      'Use a context of 1024 tokens.',
    );
    const halfCache: EstimatedModel = { ...model, capacity: 8192, cacheStorage: 'float16' };
    expect(refusalOf(halfCache, 2.1 * GiB, 'int4')?.try).toBe('Use a context of 1024 tokens.');
    expect(refusal(GiB, 'int4')?.try).toBe('Use a smaller model, or a machine with more memory.');
  });

  it('counts several quantisations together, which are there at once', () => {
    const [none, int4] = (['none', 'int4'] as const).map((scheme) => estimateMemory(model, scheme));
    const both = none!.total + int4!.total - int4!.overhead;
    expect(refusal(both, 'none', 'int4')).toBeUndefined();
    const tight = refusal(both - 0.4 * GiB, 'none', 'int4');
    expect(tight).toMatchObject({
      code: 'memory-short',
      message: expect.stringMatching(
        /^Cannot load the model as none and int4 at once: it takes about 8\.\d\d GiB of memory \(weights 6\.96 GiB, KV cache 1\.00 GiB\), and /,
      ),
      try: 'Use a KV cache of float16.',
    });
    const alone = expect.stringMatching(/^Use weights as int4 alone, which takes about 2\.\d\d GiB\.$/);
    expect(refusal(none!.total, 'none', 'int4')?.try).toEqual(alone);
    expect(refusal(GiB, 'none', 'int4')?.try).toBe('Use a smaller model, or a machine with more memory.');
  });
});

describe('lanesThatFit', () => {
  const totalOf = (lanes: number) => estimateMemory({ ...model, lanes }, 'int8').total;
  const lanes = (bytes: number, atMost = 16) => lanesThatFit(model, ['int8'], atMost, { bytes });

  it('takes up to half of what one lane leaves free', () => {
    const room = totalOf(5) - totalOf(1);
    expect(lanes(totalOf(1) + 2 * room)).toBe(5);
    expect(lanes(totalOf(1) + 2 * room - 2)).toBe(4);
  });

  it('takes no more than are wanted, and at least one', () => {
    expect(lanes(1e15)).toBe(16);
    expect(lanes(1e15, 3)).toBe(3);
    expect(lanes(1)).toBe(1);
  });

  it('never takes so many that the model is refused', () => {
    for (let bytes = totalOf(1); bytes < totalOf(20); bytes += 2 ** 28)
      expect(totalOf(lanes(bytes))).toBeLessThanOrEqual(bytes);
  });

  it('takes more of a shorter context', () => {
    const bytes = totalOf(3);
    expect(lanesThatFit({ ...model, capacity: 256 }, ['int8'], 16, { bytes })).toBeGreaterThan(lanes(bytes));
  });
});
