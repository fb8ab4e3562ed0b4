// What a checkpoint stores against what its config says: matrices that are not tied, tensors that nothing reads, weights that
// another program has quantised, ids outside of the table.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspectModel, loadModel, openSafetensors, writeSafetensors } from '@maria/checkpoints';
import { familyNames, laneOf } from '@maria/core';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSingle } from '../packages/checkpoints/src/pair/open-single.js';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { goldenFolder, maxDifference } from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';

const root = mkdtempSync(join(tmpdir(), 'maria-stored-'));
afterAll(() => rmSync(root, { recursive: true }));
const olmo = `${goldenFolder}models/olmo`;
const modernbert = `${goldenFolder}models/modernbert`;

/** Files with logits of transformers 5.18. */
const cases = fileURLToPath(new URL('bugs/checkpoints/', import.meta.url));
const lmHeadUsed = expect.stringMatching(/ties the output matrix .*"lm_head\.weight" is used\.$/);

interface Expected {
  readonly role: 'ar' | 'mlm';
  readonly ids: readonly number[];
  readonly 'first5 logits of the last position': readonly number[];
}

it.each([
  ['tied-conflict-llama', [lmHeadUsed]],
  ['tied-conflict-modernbert', [expect.stringContaining('"decoder.weight" is used.')]],
  ['tied-under-the-other-name', []],
  [
    'unread-biases',
    [
      `In ${cases}unread-biases, nothing reads 4 tensors: "lm_head.bias", "model.layers.0.self_attn.k_proj.bias", "model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.v_proj.bias".`,
    ],
  ],
])('%s has the logits of transformers', async (name, warnings) => {
  const folder = cases + name;
  const expected: Expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const said: string[] = [];
  const model = await loadModel({
    ar: expected.role === 'ar' ? folder : olmo,
    mlm: expected.role === 'mlm' ? folder : modernbert,
    onWarning: (warning) => said.push(warning),
  });
  const ids = Int32Array.from(expected.ids);
  const hidden =
    expected.role === 'ar' ? await laneOf(model.ar, 0).extend(ids) : (await model.mlm.encode([ids]))[0]!;
  const copy = { ...hidden, data: hidden.data.slice() };
  const { data, columns } = await model.experts[expected.role]!.logits(copy);
  const last = data.subarray((ids.length - 1) * columns, (ids.length - 1) * columns + 5);
  expect(maxDifference(last, expected['first5 logits of the last position'])).toBeLessThan(2e-3);
  model.dispose();
  expect(said).toEqual(warnings);
});

interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Rewrites the tensors of a folder. */
async function change(folder: string, edit: (tensors: Stored[]) => Stored[]): Promise<void> {
  const file = join(folder, 'model.safetensors');
  const { names, get, read } = openSafetensors(file);
  const tensors = [...names()].map((name) => ({ name, shape: [...get(name)!.shape], data: read(name) }));
  await writeSafetensors(file, edit(tensors));
}

const added = (name: string, shape: number[] = [3]): Stored => ({
  name,
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

async function llamaWith(name: string, config: object, edit: (tensors: Stored[]) => Stored[]) {
  const folder = join(root, name);
  await writeRandomCheckpoint(folder, { ...smallConfig('llama'), vocab_size: 600, ...config }, 3);
  await change(folder, edit);
  return folder;
}

describe.each(familyNames)('a tied %s', (modelType) => {
  /** Whose output matrix is stored under its own name too, or only. */
  async function written(kind: string, edit: (table: Stored, own: string) => Stored[]) {
    const folder = join(root, `${modelType}-${kind}`);
    const config = { ...smallConfig(modelType), vocab_size: 600, tie_word_embeddings: true };
    await writeRandomCheckpoint(folder, config, 4);
    const { weight, untied } = (await openSingle(folder, {})).architecture.outputEmbedding;
    await change(folder, (tensors) =>
      tensors.flatMap((tensor) => (tensor.name === weight ? edit(tensor, untied!) : [tensor])),
    );
    const { expert } = await openSingle(folder, {});
    const { warnings, unread } = await inspectModel(folder, []);
    return { used: expert.weight, table: weight, own: untied!, warnings, unread };
  }

  it('with the same matrix under both names uses one of them, and says nothing', async () => {
    const { used, table, warnings, unread } = await written('same', (tensor, own) => [
      tensor,
      { ...tensor, name: own },
    ]);
    expect({ used, warnings, unread }).toEqual({ used: table, warnings: [], unread: [] });
  });

  it('with another matrix uses that, and says so once', async () => {
    const { used, own, warnings, unread } = await written('other', (tensor, name) => [
      tensor,
      { ...tensor, name, data: tensor.data.with(-1, 7) },
    ]);
    expect({ used, unread }).toEqual({ used: own, unread: [] });
    expect(warnings).toEqual([expect.stringContaining(`: "${own}" is used.`)]);
  });

  it('with only the other name is accepted', async () => {
    const { used, own, warnings, unread } = await written('only', (tensor, name) => [{ ...tensor, name }]);
    expect({ used, warnings, unread }).toEqual({ used: own, warnings: [], unread: [] });
  });
});

it('a config that does not tie asks for an output matrix, and an adapter for its model', async () => {
  const folder = await llamaWith('untied', {}, (tensors) =>
    tensors.filter(({ name }) => name !== 'lm_head.weight'),
  );
  await expect(inspectModel(folder, [])).rejects.toMatchObject({
    message: `Cannot load the model in ${folder}: the checkpoint has no tensor "lm_head.weight", and the config does not tie it to the table of tokens.`,
    try: 'If the two are one matrix, put "tie_word_embeddings": true into config.json.',
  });
  rmSync(join(folder, 'model.safetensors'));
  writeFileSync(join(folder, 'adapter_config.json'), '{}');
  await expect(inspectModel(folder, [])).rejects.toThrow(
    'it holds an adapter (adapter_config.json) and no model.',
  );
});

describe('what nothing reads', () => {
  it('is listed, and warned of in one line that names one of each kind', async () => {
    const names = [0, 1, 2, 3].flatMap((layer) => [
      `layers.${layer}.self_attn.q_proj.lora_A.weight`,
      `layers.${layer}.mlp.up_proj.scale`,
    ]);
    const folder = await llamaWith(
      'adapted',
      { quantization_config: { quant_method: 'fbgemm_fp8' } },
      (tensors) => [...tensors, ...names.map((name) => added(name))],
    );
    writeFileSync(join(folder, 'adapter_config.json'), '{}');
    const { unread, warnings } = await inspectModel(folder, []);
    expect([...unread].sort()).toEqual([...names].sort());
    expect(warnings).toEqual([
      `In ${folder}, nothing reads 8 tensors: "layers.0.self_attn.q_proj.lora_A.weight", "layers.0.mlp.up_proj.scale" and 6 more; ` +
        'the adapter of adapter_config.json is not applied; ' +
        'config.json says that the weights are quantised by fbgemm_fp8; they are read as they are stored.',
    ]);
  });

  it('includes layers beyond those of the config', async () => {
    const folder = await llamaWith('deep', {}, (tensors) => tensors);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 1 }));
    const { unread } = await inspectModel(folder, []);
    expect(unread).toContain('layers.1.mlp.up_proj.weight');
    expect(unread.every((name) => name.startsWith('layers.1.'))).toBe(true);
  });

  it.each([
    ['gpt2', [added('h.0.attn.bias', [1, 1, 9, 9]), added('h.0.attn.masked_bias', [])]],
    [
      'gpt_neox',
      [
        added('layers.0.attention.bias', [1, 1, 9, 9]),
        added('layers.0.attention.masked_bias', []),
        added('layers.0.attention.rotary_emb.inv_freq'),
      ],
    ],
    ['llama', [added('layers.0.self_attn.rotary_emb.inv_freq')]],
    [
      'bert',
      [
        added('embeddings.position_ids', [1, 40]),
        added('pooler.dense.weight', [2, 2]),
        added('pooler.dense.bias'),
        added('cls.seq_relationship.weight', [2, 2]),
        added('cls.seq_relationship.bias'),
        added('cls.predictions.bias', [600]),
      ],
    ],
    ['roberta', [added('embeddings.token_type_ids', [1, 40]), added('lm_head.bias', [600])]],
  ] as const)('says nothing of the buffers of %s', async (modelType, buffers) => {
    const folder = join(root, `buffers-${modelType}`);
    await writeRandomCheckpoint(folder, { ...smallConfig(modelType), vocab_size: 600 }, 5);
    await change(folder, (tensors) => [...tensors, ...buffers]);
    expect(await inspectModel(folder, [])).toMatchObject({ unread: [], warnings: [] });
    // A bias of a mask's name is none.
    await change(folder, (tensors) => [...tensors, added('h.1.attn.bias', [15])]);
    expect((await inspectModel(folder, [])).unread).toEqual(['h.1.attn.bias']);
  });
});

/** A safetensors file by hand: types that `writeSafetensors` does not write. */
function addRaw(folder: string, name: string, dtype: string, bytes: number): void {
  const file = join(folder, 'model.safetensors');
  const old = readFileSync(file);
  const length = Number(old.readBigUInt64LE(0));
  const header = JSON.parse(old.toString('utf8', 8, 8 + length));
  const data = old.subarray(8 + length);
  header[name] = { dtype, shape: [bytes], data_offsets: [data.length, data.length + bytes] };
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([prefix, json, data, Buffer.alloc(bytes)]));
}

describe('weights that another program has quantised', () => {
  const weight = 'layers.0.mlp.up_proj';
  it.each([
    ['GPTQ', { quant_method: 'gptq', bits: 4 }, ['qweight', 'qzeros', 'scales', 'g_idx']],
    ['GPTQ', undefined, ['g_idx', 'qweight']],
    ['AWQ', { quant_method: 'awq' }, ['qweight', 'qzeros', 'scales']],
    ['GPTQ or AWQ', undefined, ['qweight', 'qzeros', 'scales']],
    ['bitsandbytes', { load_in_4bit: true }, ['weight', 'weight.absmax', 'weight.quant_map']],
    ['bitsandbytes', undefined, ['weight.absmax']],
    ['FP8', { quant_method: 'fp8' }, ['weight']],
  ])('are refused by the name of %s', async (method, quantization_config, parts) => {
    const folder = await llamaWith(`packed-${parts.length}`, { quantization_config }, (tensors) =>
      tensors.filter(({ name }) => name !== `${weight}.weight`),
    );
    for (const part of parts) addRaw(folder, `${weight}.${part}`, 'U8', 8);
    const message = new RegExp(
      `^Cannot load the model in ${folder}: its weights are quantised by ${method}, which maria does not read \\(tensor "${weight}\\.(${parts.join('|')})"\\)\\.$`,
    );
    await expect(inspectModel(folder, [])).rejects.toMatchObject({
      code: 'packed-weights',
      message: expect.stringMatching(message),
    });
  });
});

describe('ids outside of the table are refused', () => {
  const copyOf = (model: string, name: string, config: object) => {
    const folder = join(root, name);
    cpSync(model, folder, { recursive: true });
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...json, ...config }));
    return folder;
  };

  it.each([
    ['ar', { eos_token_id: -1 }],
    ['ar', { bos_token_id: 1000 }],
    ['mlm', { eos_token_id: 2 ** 32 }],
  ] as const)('in the config of the %s: %j', async (role, config) => {
    const folder = copyOf(role === 'ar' ? olmo : modernbert, `ids-${JSON.stringify(config)}`, config);
    const [[key, id]] = Object.entries(config) as [[string, number]];
    const loading = loadModel({ ar: olmo, mlm: modernbert, [role]: folder });
    await expect(loading).rejects.toThrow(
      new RegExp(
        `^Cannot load the model: ${folder}/config.json, key "${key}": it must be the id of a token, 0 to \\d+, and is ${id}\\.$`,
      ),
    );
  });

  const head = {
    model_type: 'maria',
    maria_version: 1,
    ar: { path: olmo },
    mlm: { path: modernbert },
    vocab_size: 600,
  };
  const around = { ar_prefix: [594], mlm_prefix: [596], mlm_suffix: [597] };
  it.each([
    ['mlm_prefix', 640],
    ['mlm_prefix', 2 ** 32 - 1],
    ['ar_prefix', 99999999],
    ['mlm_suffix', Number.MAX_SAFE_INTEGER],
  ])('in a MARIA config: %s of %d', async (key, id) => {
    const folder = mkdtempSync(join(root, 'maria-'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...head, ...around, [key]: [id] }));
    await writeSafetensors(join(folder, 'head.safetensors'), [added('bias')]);
    await expect(loadModel({ model: folder })).rejects.toThrow(
      new RegExp(
        `^Cannot load the model: ${folder}/config.json, key "${key}", names token ${id}, and the table has tokens 0 to \\d+\\.$`,
      ),
    );
  });

  it('in a tokenizer that was saved with another model', async () => {
    const folder = join(root, 'short-table');
    await writeRandomCheckpoint(folder, { ...smallConfig('modernbert'), vocab_size: 590 }, 3);
    await expect(loadModel({ ar: olmo, mlm: folder })).rejects.toThrow(
      `Cannot load the model: the tokenizer in ${folder} names token 596, and the table has tokens 0 to 589.`,
    );
  });
});

it('says once of which models nothing can be quantised', async () => {
  vi.stubEnv('MARIA_CACHE', join(root, 'cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const notes: string[] = [];
  const model = await loadModel({
    ar: olmo,
    mlm: modernbert,
    quantize: 'int4',
    onNote: (note) => notes.push(note),
  });
  model.dispose();
  expect(notes).toEqual([
    'Nothing of the MLM is quantised: no matrix there has rows of a multiple of 32 numbers.',
  ]);
});
