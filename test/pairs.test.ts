// Pairs whose ids are the same, or the same but for a permutation, on every backend.
import { cpSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, openCheckpoint, writeSafetensors } from '@maria/checkpoints';
import { infill, type MariaModel, score } from '@maria/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedBackends } from './backends.js';
import { goldenFolder, maxDifference } from './golden-files.js';

const gpt2 = `${goldenFolder}models/gpt2`;
const roberta = `${goldenFolder}models/roberta`;
/** Ids below are tokens of both; the five special tokens after them become the MLM's alone. */
const common = 595;
const permute = (id: number) => (id * 11 + 3) % common;

interface TokenizerJson {
  added_tokens: { id: number; content: string }[];
  model: { vocab: Record<string, number> };
}

let permutedGpt2: string;

/** The golden GPT-2 under other ids: its tokenizer and the rows of its table, nothing else. */
beforeAll(async () => {
  permutedGpt2 = await mkdtemp(join(tmpdir(), 'maria-permuted-'));
  cpSync(gpt2, permutedGpt2, { recursive: true });
  const { weights, config, tokenizer } = openCheckpoint(gpt2);
  const tensors = [...weights.entries.values()].map(({ name, shape }) => {
    const data = weights.read(name);
    if (!name.endsWith('wte.weight')) return { name, shape, data };
    const width = shape[1]!;
    const moved = data.slice();
    for (let id = 0; id < common; id++)
      moved.set(data.subarray(id * width, (id + 1) * width), permute(id) * width);
    return { name, shape, data: moved };
  });
  await writeSafetensors(join(permutedGpt2, 'model.safetensors'), tensors);

  const { added_tokens, model, ...rest } = tokenizer as unknown as TokenizerJson;
  const added = added_tokens.filter(({ id }) => id < common);
  // The library numbers added tokens by counting on, unless the model's own table has them.
  const ids = [
    ...Object.entries(model.vocab),
    ...added.map(({ content, id }): [string, number] => [content, id]),
  ];
  const permutedTokenizer = {
    ...rest,
    added_tokens: added.map((token) => ({ ...token, id: permute(token.id) })),
    model: { ...model, vocab: Object.fromEntries(ids.map(([token, id]) => [token, permute(id)])) },
  };
  writeFileSync(join(permutedGpt2, 'tokenizer.json'), JSON.stringify(permutedTokenizer));
  const ends = { bos_token_id: permute(594), eos_token_id: permute(594) };
  writeFileSync(join(permutedGpt2, 'config.json'), JSON.stringify({ ...config, ...ends }));
});

afterAll(() => rm(permutedGpt2, { recursive: true }));

const text = 'One day the little [MASK*3] went to the [MASK] and said: "[MASK*2]".';

async function fill(model: MariaModel) {
  const run = infill(model, text);
  let next = await run.next();
  while (!next.done) next = await run.next();
  return next.value;
}

describe.each(installedBackends)('gpt2+roberta on %s', (backend) => {
  it('fills gaps', async () => {
    const model = await loadModel({ ar: gpt2, mlm: roberta, backend });
    const { samples, passes } = await fill(model);
    expect(samples[0]!.gaps.map((gap) => gap.ids.length)).toEqual([3, 1, 2]);
    expect(samples[0]!.text).toMatch(/^One day the little.* went to the.* and said: ".*"\.$/s);
    expect(passes).toEqual({ mlm: 1, ar: 6 });
    model.dispose();
  });

  it('gives the same whatever ids the AR model has for the same tokens', async () => {
    const same = await loadModel({ ar: gpt2, mlm: roberta, backend });
    const other = await loadModel({ ar: permutedGpt2, mlm: roberta, backend });
    // The token before the text is the AR model's own end of text, in the pair's ids.
    expect(other.alignment).toEqual(same.alignment);
    expect(same.alignment.arPrefix).toEqual([594]);
    expect((await fill(other)).samples).toEqual((await fill(same)).samples);

    const ids = Array.from({ length: 30 }, (_, i) => 2 + ((i * 37) % 580));
    const masked = [0, 4, 5, 6, 17, 29];
    const options = { suppressSpecial: true };
    const [a, b] = [
      await score(same, { ids, masked }, options),
      await score(other, { ids, masked }, options),
    ];
    expect(maxDifference(b.perToken, a.perToken)).toBeLessThan(1e-5);
    same.dispose();
    other.dispose();
  });

  it('never samples what the AR model has no token for, and says so when it is to be read', async () => {
    const model = await loadModel({ ar: permutedGpt2, mlm: roberta, backend });
    for (let id = common; id < 600; id++) expect(model.vocabulary.specialIds).toContain(id);
    const hidden = { rows: 1, columns: 48, data: new Float32Array(48).fill(1) };
    const logits = (await model.head.arLogits(hidden)).data;
    // [UNK] and [MASK] are nothing to this AR model; [CLS], [SEP] and [PAD] are what plays their part.
    expect([logits[595], logits[599]]).toEqual([-1e4, -1e4]);
    expect([logits[596], logits[597], logits[598]]).toEqual([logits[594], logits[594], logits[1]]);

    const run = infill(model, [12, 595, 13, 599]);
    const drained = (async () => {
      for await (const _event of run);
    })();
    await expect(drained).rejects.toThrow('Cannot read token 595 ("[UNK]"): the AR model has no such token.');
    model.dispose();
  });
});
