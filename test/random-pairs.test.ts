// Pairs of other shapes than the goldens': backends agree with the reference, and decoding does not depend on chunking.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@maria/checkpoints';
import { type InfillOptions, type InfillResult, infill, type MariaModel, score } from '@maria/core';
import { autoBackends, type BackendName } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedBackends } from './backends.js';
import { maxDifference } from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';

const olmo = {
  model_type: 'olmo',
  vocab_size: 601,
  hidden_size: 60,
  intermediate_size: 92,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  max_position_embeddings: 96,
  clip_qkv: 0.7,
  attention_bias: true,
  tie_word_embeddings: false,
  eos_token_id: 594,
  rope_theta: 5000,
};
const modernbert = {
  model_type: 'modernbert',
  vocab_size: 611,
  hidden_size: 36,
  intermediate_size: 50,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  max_position_embeddings: 96,
  local_attention: 9,
  global_attn_every_n_layers: 2,
  norm_bias: true,
  attention_bias: true,
  mlp_bias: true,
  classifier_bias: true,
  decoder_bias: false,
  tie_word_embeddings: false,
};
const pairs = {
  'grouped queries, clipping, biases, untied, odd widths': { olmo, modernbert },
  'one key-value head, no biases, tied': {
    olmo: {
      ...olmo,
      num_attention_heads: 3,
      num_key_value_heads: 1,
      clip_qkv: null,
      attention_bias: false,
      tie_word_embeddings: true,
    },
    modernbert: {
      ...modernbert,
      num_attention_heads: 3,
      norm_bias: false,
      attention_bias: false,
      mlp_bias: false,
      classifier_bias: false,
      decoder_bias: true,
      tie_word_embeddings: true,
      hidden_activation: 'gelu_pytorch_tanh',
    },
  },
};
const mask = 599;
const ids = Array.from({ length: 40 }, (_, i) =>
  i % 3 === 1 || (i > 20 && i < 26) ? mask : 10 + ((i * 37) % 500),
);
const original = ids.map((id, i) => (id === mask ? 20 + i : id));
const masked = ids.flatMap((id, i) => (id === mask ? [i] : []));

async function fill(model: MariaModel, options: InfillOptions): Promise<InfillResult> {
  const run = infill(model, ids, options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

describe.each(Object.entries(pairs))('%s', (_, configs) => {
  let folder: string;
  const models = new Map<BackendName, MariaModel>();
  const model = (backend: BackendName) => models.get(backend)!;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'maria-pair-'));
    await writeRandomCheckpoint(join(folder, 'ar'), configs.olmo, 1);
    await writeRandomCheckpoint(join(folder, 'mlm'), configs.modernbert, 2);
    for (const backend of installedBackends)
      models.set(backend, await loadModel({ ar: join(folder, 'ar'), mlm: join(folder, 'mlm'), backend }));
  });
  afterAll(async () => {
    for (const each of models.values()) each.dispose();
    await rm(folder, { recursive: true });
  });

  it.each(autoBackends)('%s scores and fills as the reference does', async (backend) => {
    const expected = await score(model('reference'), { ids: original, masked });
    const actual = await score(model(backend), { ids: original, masked }, { chunk: 9 });
    expect(maxDifference(actual.perToken, expected.perToken)).toBeLessThan(1e-3);
    for (const options of [{}, { temperature: 1, seed: 3, record: 5 }]) {
      const [filled] = (await fill(model(backend), options)).samples;
      expect(filled!.ids).toEqual((await fill(model('reference'), options)).samples[0]!.ids);
      expect(filled!.ids.every((id) => id < 594)).toBe(true);
    }
  });

  it('gives the same text for a seed, however decoding is chunked, and other texts for other seeds, records and samples', async () => {
    const options = { temperature: 1, topP: 0.95, seed: 3, record: 5, samples: 2 };
    const { samples } = await fill(model('ort'), options);
    const [alone] = (await fill(model('ort'), { ...options, samples: 1 })).samples;
    expect(alone!.ids).toEqual(samples[0]!.ids);
    for (const chunk of [1, 2, 7])
      expect((await fill(model('ort'), { ...options, chunk })).samples.map((s) => s.ids)).toEqual(
        samples.map((s) => s.ids),
      );
    expect(samples[1]!.ids).not.toEqual(samples[0]!.ids);
    for (const other of [{ seed: 4 }, { record: 0 }, { record: 6 }])
      expect((await fill(model('ort'), { ...options, ...other })).samples[0]!.ids).not.toEqual(
        samples[0]!.ids,
      );
  });

  it('reads one AR pass a masked token and one MLM pass for all samples', async () => {
    expect((await fill(model('ort'), { samples: 3, temperature: 1 })).passes).toEqual({
      mlm: 1,
      ar: 3 * masked.length,
    });
  });
});
