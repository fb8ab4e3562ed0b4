// MARIA checkpoints as published, one set of tensors with code that is not run: in several plausible layouts.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  type JsonObject,
  loadModel,
  openCheckpoint,
  type TensorToWrite,
  writeSafetensors,
} from '@maria/checkpoints';
import { infill, type MariaModel, randomKey, score } from '@maria/core';
import type { BackendChoice } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installedBackends } from './backends.js';
import { maria, recordsIn } from './cli-process.js';
import { type GoldenPair, goldenFolder, openGoldenTensors, readGoldenJson } from './golden-files.js';
import { torchFileOf } from './torch-file.js';

const golden = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
const goldenTensors = openGoldenTensors('pairs/olmo+modernbert.safetensors');
const olmo = openCheckpoint(`${goldenFolder}models/olmo`);
const modernbert = openCheckpoint(`${goldenFolder}models/modernbert`);
const [V, dAr, dMlm] = [golden.vocab, 64, 48];

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'maria-published-'));
});
afterAll(() => rm(root, { recursive: true }));

type Checkpoint = Pick<typeof olmo, 'weights'>;

/** A backbone's tensors under other names; undefined leaves one out. */
function renamed({ weights }: Checkpoint, rename: (name: string) => string | undefined): TensorToWrite[] {
  return [...weights.entries.values()].flatMap(({ name, shape }) => {
    const other = rename(name);
    return other === undefined ? [] : [{ name: other, shape, data: weights.read(name) }];
  });
}

const under = (prefix: string) => (name: string) => prefix + name;
/** As a base model is saved: without the head, and without its prefix. */
const baseUnder = (prefix: string) => (name: string) =>
  name.startsWith('model.') ? prefix + name.slice('model.'.length) : undefined;

function columns(W: Float32Array, width: number, start: number, end: number): Float32Array {
  const part = new Float32Array((W.length / width) * (end - start));
  for (let row = 0; row * width < W.length; row++)
    part.set(W.subarray(row * width + start, row * width + end), row * (end - start));
  return part;
}

/** [a | b], row by row. */
function sideBySide(a: Float32Array, widthA: number, b: Float32Array, widthB: number): Float32Array {
  const width = widthA + widthB;
  const joint = new Float32Array((a.length / widthA) * width);
  for (let row = 0; row * widthA < a.length; row++) {
    joint.set(a.subarray(row * widthA, (row + 1) * widthA), row * width);
    joint.set(b.subarray(row * widthB, (row + 1) * widthB), row * width + widthA);
  }
  return joint;
}

const headName = 'other';
const W3 = goldenTensors.floats(`${headName}.W3`);
const halves = { ar: columns(W3, dAr + dMlm, 0, dAr), mlm: columns(W3, dAr + dMlm, dAr, dAr + dMlm) };
const bias: TensorToWrite = { name: 'bias', shape: [V], data: goldenTensors.floats(`${headName}.bias`) };
const jointHead = (name: string, mlmFirst = false): TensorToWrite => ({
  name,
  shape: [V, dAr + dMlm],
  data: mlmFirst ? sideBySide(halves.mlm, dMlm, halves.ar, dAr) : W3,
});

async function publish(config: JsonObject, tensors: readonly TensorToWrite[]): Promise<string> {
  const folder = join(root, `model-${made++}`);
  cpSync(`${goldenFolder}tokenizer_mlm`, folder, { recursive: true });
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'maria', auto_map: {}, ...config }),
  );
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

const plainConfigs = { ar_config: olmo.config, mlm_config: modernbert.config };
const layouts: Record<string, { config: JsonObject; tensors: readonly TensorToWrite[]; says: RegExp }> = {
  'models with their heads, AR half first': {
    config: plainConfigs,
    tensors: [
      ...renamed(olmo, under('ar_model.')),
      ...renamed(modernbert, under('mlm_model.')),
      jointHead('fusion_head.weight'),
      { ...bias, name: 'fusion_head.bias' },
    ],
    says: /AR model \(olmo\) under "ar_model\.", the MLM \(modernbert\) under "mlm_model\.".*"fusion_head\.weight", the AR model's half first, by their likeness/,
  },
  'the AR model as a base model, MLM half first, as the config says': {
    config: {
      autoregressive_config: olmo.config,
      masked_config: modernbert.config,
      concat_order: ['mlm', 'autoregressive'],
    },
    tensors: [
      ...renamed(olmo, baseUnder('model_ar.')),
      ...renamed(modernbert, under('model_mlm.')),
      jointHead('lm_head.weight', true),
      { ...bias, name: 'lm_head.bias' },
    ],
    says: /"lm_head\.weight", the MLM's half first, as config\.json says/,
  },
  'everything under one name, MLM half first, seen from the values': {
    config: { hidden_size: 112, backbones: { first: olmo.config, second: modernbert.config } },
    tensors: [
      ...renamed(olmo, under('maria.ar.')),
      ...renamed(modernbert, under('maria.mlm.')),
      jointHead('maria.linear.weight', true),
      { ...bias, name: 'maria.linear.bias' },
    ],
    says: /"maria\.linear\.weight", the MLM's half first, by their likeness to the output embeddings/,
  },
  'the AR model at the top, whose lm_head is the fused head': {
    config: { ...plainConfigs, mlm_first: false },
    tensors: [
      ...renamed(olmo, (name) => name),
      ...renamed(modernbert, under('encoder.')),
      jointHead('lm_head.weight'),
      { ...bias, name: 'lm_head.bias' },
    ],
    says: /AR model \(olmo\) under "", the MLM \(modernbert\) under "encoder\.".*as config\.json says/,
  },
  'a matrix for each model': {
    config: plainConfigs,
    tensors: [
      ...renamed(olmo, under('a.')),
      ...renamed(modernbert, under('b.')),
      { name: 'heads.0.weight', shape: [V, dMlm], data: halves.mlm },
      { name: 'heads.0.bias', shape: [V], data: bias.data },
      { name: 'heads.1.weight', shape: [V, dAr], data: halves.ar },
    ],
    says: /"heads\.1\.weight" for the AR model and "heads\.0\.weight" for the MLM, by their shapes/,
  },
};

async function load(folder: string, backend: BackendChoice) {
  const notes: string[] = [];
  const warnings: string[] = [];
  const model = await loadModel({
    model: folder,
    backend,
    arPrefix: 'none',
    mlmTemplate: 'none',
    onNote: (message) => notes.push(message),
    onWarning: (message) => warnings.push(message),
  });
  return { model, notes, warnings };
}

async function greedyIds(model: MariaModel, maskedIds: readonly number[]) {
  const run = infill(model, maskedIds);
  let next = await run.next();
  while (!next.done) next = await run.next();
  return next.value.samples[0]!.ids;
}

describe.each(Object.entries(layouts))('%s', (_name, { config, tensors, says }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await publish(config, tensors);
  });

  it.each(installedBackends)('is the golden pair on %s', async (backend) => {
    const { model, notes, warnings } = await load(folder, backend);
    expect([notes.length, warnings]).toEqual([1, []]);
    expect(notes[0]).toMatch(says);
    for (const { ids, masked, masked_ids, [headName]: numbers } of Object.values(golden.cases)) {
      const { logLikelihood } = await score(model, { ids, masked });
      expect(Math.abs(logLikelihood - numbers.loglik)).toBeLessThan(1e-3);
      expect(await greedyIds(model, masked_ids)).toEqual(numbers.greedy_suppressed);
    }
    model.dispose();
  });
});

it('is read from shards too', async () => {
  const { config, tensors } = layouts['a matrix for each model']!;
  const folder = await publish(config, []);
  await rm(join(folder, 'model.safetensors'));
  const weight_map: Record<string, string> = {};
  for (const part of [0, 1]) {
    const file = `model-0000${part + 1}-of-00002.safetensors`;
    const mine = tensors.filter((_, i) => i % 2 === part);
    await writeSafetensors(join(folder, file), mine);
    for (const { name } of mine) weight_map[name] = file;
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
  const { model } = await load(folder, 'ort');
  const { masked_ids, [headName]: numbers } = golden.cases.random50!;
  expect(await greedyIds(model, masked_ids)).toEqual(numbers.greedy_suppressed);
  model.dispose();
});

it('is read from pytorch_model.bin too', async () => {
  const { config, tensors } = layouts['a matrix for each model']!;
  const folder = await publish(config, tensors);
  writeFileSync(join(folder, 'pytorch_model.bin'), torchFileOf(openCheckpoint(folder).weights));
  await rm(join(folder, 'model.safetensors'));
  vi.stubEnv('MARIA_CACHE', join(root, 'cache'));
  try {
    const { model, notes } = await load(folder, 'ort');
    expect(notes[0]).toMatch(/^Converting .*pytorch_model\.bin to safetensors, once\.$/);
    const { masked_ids, [headName]: numbers } = golden.cases.random50!;
    expect(await greedyIds(model, masked_ids)).toEqual(numbers.greedy_suppressed);
    model.dispose();
  } finally {
    vi.unstubAllEnvs();
  }
});

it('takes an OLMo with clip_qkv and an output matrix of its own, as OLMo-0724', async () => {
  const key = randomKey(11);
  const lmHead = Float32Array.from({ length: 608 * dAr }, (_, i) => 0.2 * key.normal(0, i));
  const config = { ...olmo.config, clip_qkv: 0.4, tie_word_embeddings: false };
  const output: TensorToWrite = { name: 'lm_head.weight', shape: [608, dAr], data: lmHead };
  const folderOf = async (name: string, arConfig: JsonObject) => {
    const path = join(root, name);
    cpSync(olmo.folder, path, { recursive: true });
    writeFileSync(join(path, 'config.json'), JSON.stringify(arConfig));
    await writeSafetensors(join(path, 'model.safetensors'), [...renamed(olmo, (own) => own), output]);
    return path;
  };
  const ar = await folderOf('olmo-0724', config);
  const unclippedAr = await folderOf('olmo-unclipped', { ...config, clip_qkv: null });

  const half = (values: Float32Array, width: number) => values.subarray(0, V * width).map((x) => x / 2);
  const mlmOutput = modernbert.weights.read('model.embeddings.tok_embeddings.weight');
  const folder = await publish({ ar_config: config, mlm_config: modernbert.config }, [
    ...renamed(olmo, under('ar.')),
    { ...output, name: 'ar.lm_head.weight' },
    ...renamed(modernbert, under('mlm.')),
    {
      name: 'head.weight',
      shape: [V, dAr + dMlm],
      data: sideBySide(half(lmHead, dAr), dAr, half(mlmOutput, dMlm), dMlm),
    },
    { name: 'head.bias', shape: [V], data: half(modernbert.weights.read('decoder.bias'), 1) },
  ]);
  const { model } = await load(folder, 'ort');
  const loadPair = (arFolder: string) =>
    loadModel({
      ar: arFolder,
      mlm: modernbert.folder,
      backend: 'ort',
      arPrefix: 'none',
      mlmTemplate: 'none',
    });
  const [pair, unclipped] = [await loadPair(ar), await loadPair(unclippedAr)];
  const { ids, masked, masked_ids } = golden.cases.random50!;
  const likelihoods = [];
  for (const each of [model, pair, unclipped])
    likelihoods.push((await score(each, { ids, masked })).logLikelihood);
  expect(likelihoods[0]).toBeCloseTo(likelihoods[1]!, 3);
  expect(Math.abs(likelihoods[1]! - likelihoods[2]!)).toBeGreaterThan(0.05);
  expect(await greedyIds(model, masked_ids)).toEqual(await greedyIds(pair, masked_ids));
  for (const each of [model, pair, unclipped]) each.dispose();
});

it('takes the AR half first, with a warning, where nothing says which it is', async () => {
  const key = randomKey(5);
  const values = Float32Array.from({ length: V * (dAr + dMlm) }, (_, i) => key.normal(0, i));
  const folder = await publish(plainConfigs, [
    ...renamed(olmo, baseUnder('ar.')),
    ...renamed(modernbert, under('mlm.')),
    { name: 'head.weight', shape: [V, dAr + dMlm], data: values },
  ]);
  const { model, notes, warnings } = await load(folder, 'reference');
  expect(notes[0]).toMatch(/the AR model's half first, as nothing says otherwise\.$/);
  expect(warnings).toEqual([expect.stringContaining('"head_order": "mlm_ar"')]);
  const hidden = { rows: 1, columns: dAr, data: new Float32Array(dAr).fill(0).with(0, 1) };
  expect((await model.head.arLogits(hidden)).data[1]).toBeCloseTo(values[dAr + dMlm]!);

  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), head_order: 'mlm_ar' }));
  const other = await load(folder, 'reference');
  expect(other.warnings).toEqual([]);
  expect((await other.model.head.arLogits(hidden)).data[1]).toBeCloseTo(values[dAr + dMlm + dMlm]!);
  model.dispose();
  other.model.dispose();
});

it.each(Object.entries(layouts).slice(0, 2))('is trained further and used: %s', async (_, layout) => {
  const folder = await publish(layout.config, layout.tensors);
  const [text, out] = [join(root, 'text.txt'), join(folder, '../further', layout.tensors[0]!.name)];
  writeFileSync(text, 'The king went to the sea in a small boat with bread and a queen.\n'.repeat(30));
  const run = ['--out', out, '--eval-data', text, '--eval-every', '1', '--save-every', '1', '--window', '16'];
  const train = (...others: string[]) => maria(['train', '--data', text, '--batch', '2', ...run, ...others]);
  const lossesIn = () =>
    recordsIn<{ evalLoss: number }>(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).map(
      ({ evalLoss }) => evalLoss,
    );

  expect(await train('--model', folder, '--steps', '1')).toMatchObject({ status: 0, stdout: '' });
  expect(await train('--resume', '--steps', '2')).toMatchObject({
    status: 0,
    stderr: expect.not.stringContaining('The AR model has other weights'),
  });
  const [before, , after] = lossesIn();
  expect(after).toBeLessThan(before!);

  // The head is written apart, and names the folder with a hash of its weights for both models.
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(config.ar).toEqual({
    path: relative(out, folder),
    absolute_path: folder,
    fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(config.mlm).toEqual(config.ar);
  const filled = await maria(['infill', '--model', out, 'The king went to the [MASK].']);
  expect(filled).toMatchObject({ status: 0, stderr: '' });

  // It began as the published head, and is two steps away from it.
  const own = await loadModel({ model: folder });
  const trained = await loadModel({ model: out });
  const hidden = {
    rows: 1,
    columns: dAr,
    data: Float32Array.from({ length: dAr }, (_, i) => randomKey(1).normal(0, i)),
  };
  const [a, b] = [(await own.head.arLogits(hidden)).data, (await trained.head.arLogits(hidden)).data];
  expect(b).not.toEqual(a);
  b.forEach((logit, i) => {
    expect(Math.abs(logit - a[i]!)).toBeLessThan(0.1);
  });
  own.dispose();
  trained.dispose();
  writeFileSync(
    join(folder, 'model.safetensors'),
    readFileSync(join(`${goldenFolder}models/olmo`, 'model.safetensors')),
  );
  expect((await maria(['infill', '--model', out, 'The [MASK].'])).stderr).toContain(
    'it has other weights than the head was trained on',
  );
});

describe('refuses, with a listing,', () => {
  const parts = {
    ar: renamed(olmo, under('ar.')),
    mlm: renamed(modernbert, under('mlm.')),
    head: jointHead('head.weight'),
  };
  it.each([
    [
      'two AR models',
      plainConfigs,
      [...parts.ar, ...renamed(olmo, under('copy.')), ...parts.mlm, parts.head],
      /the olmo of ar_config are there 2 times, under "ar\." and "copy\."/,
    ],
    [
      'no MLM',
      plainConfigs,
      [...parts.ar, parts.head],
      /no tensors are those of the modernbert of mlm_config\. It holds 22 tensors ar\.model\.\*, head\.weight \[608, 112\]\./,
    ],
    [
      'a tensor of another shape',
      { ...plainConfigs, ar_config: { ...olmo.config, intermediate_size: 7 } },
      [...parts.ar, ...parts.mlm, parts.head],
      /"ar\.model\.layers\.0\.mlp\.gate_proj\.weight" is \[128, 64\], its config asks for \[7, 64\]/,
    ],
    ['no head', plainConfigs, [...parts.ar, ...parts.mlm], /it has no head: no matrix is 64 \+ 48 wide/],
    [
      'two heads',
      plainConfigs,
      [...parts.ar, ...parts.mlm, parts.head, jointHead('old_head.weight')],
      /its head may be any of head\.weight, old_head\.weight/,
    ],
    [
      'no configs',
      { ar: 'allenai/OLMo-1B-0724-hf' },
      [...parts.ar, ...parts.mlm, parts.head],
      /it holds none that is known/,
    ],
    [
      'two AR configs',
      { ...plainConfigs, other: olmo.config },
      [...parts.ar, ...parts.mlm, parts.head],
      /it holds olmo at ar_config, modernbert at mlm_config, olmo at other/,
    ],
  ] as const)('%s', async (_name, config, tensors, message) => {
    const folder = await publish(config, tensors);
    const failed = loadModel({ model: folder, backend: 'reference' });
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ code: 'maria-parts', exitStatus: 3 });
  });
});
