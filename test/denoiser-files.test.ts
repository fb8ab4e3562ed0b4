// Files of denoisers that are not what they should be: each is refused by name, and nothing is lost.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  convertedWeights,
  estimateMemory,
  type LoadDenoiserOptions,
  loadDenoiser,
  openDenoiser,
  openSafetensors,
  writeSafetensors,
} from '@maria/checkpoints';
import { ExitStatus, infill } from '@maria/core';
import { afterAll, describe, expect, it } from 'vitest';
import { estimatedDenoiser } from '../packages/checkpoints/src/denoiser/load-denoiser.js';
import { refuseShortMemory } from '../packages/checkpoints/src/memory/refuse-short-memory.js';
import { denoiserFolder, openGoldenDenoiser } from './diffusion-goldens.js';
import { goldenFolder, maxDifference } from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';
import { torchFile } from './torch-file.js';

const root = mkdtempSync(join(tmpdir(), 'maria-denoiser-files-'));
afterAll(() => rmSync(root, { recursive: true }));
const tokenizer = `${goldenFolder}tokenizer_ar`;
let copies = 0;

/** A golden denoiser whose files may be changed. */
function copyOf(name: string): string {
  const folder = join(root, `${copies++}`);
  cpSync(denoiserFolder(name), folder, { recursive: true });
  return folder;
}

function withConfig(name: string, changes: object): string {
  const folder = copyOf(name);
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...changes }));
  return folder;
}

type Change = (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void;

async function withTensors(name: string, change: Change): Promise<string> {
  const folder = copyOf(name);
  const file = join(folder, 'model.safetensors');
  const stored = openSafetensors(file);
  const tensors = new Map(
    [...stored.entries.values()].map((entry) => [
      entry.name,
      { shape: entry.shape, data: stored.read(entry.name) },
    ]),
  );
  change(tensors);
  rmSync(file);
  await writeSafetensors(
    file,
    [...tensors].map(([tensor, value]) => ({ name: tensor, ...value })),
  );
  return folder;
}

const dataError = (code: string, message: string) => ({
  code,
  exitStatus: ExitStatus.data,
  message: expect.stringContaining(message),
});

const families: readonly (readonly [string, { tokenizer?: string; family?: string }, string])[] = [
  ['mdlm', { tokenizer }, 'backbone.blocks.1.attn_out.weight'],
  ['diffugpt', {}, 'denoise_model.h.1.attn.c_proj.weight'],
  ['diffugpt', {}, 'embed_tokens.weight'],
  ['diffullama', { family: 'diffullama' }, 'model.layers.1.mlp.up_proj.weight'],
  ['dream', {}, 'model.layers.0.self_attn.k_proj.bias'],
  ['dream', {}, 'lm_head.weight'],
  ['a2d_qwen3', {}, 'model.layers.2.self_attn.q_norm.weight'],
  ['opendcoder', { family: 'opendcoder' }, 'model.norm.weight'],
];

describe.each(families)('%s', (name, options, tensor) => {
  it(`is refused without ${tensor}`, async () => {
    const folder = await withTensors(name, (tensors) => expect(tensors.delete(tensor)).toBe(true));
    await expect(openDenoiser(folder, options)).rejects.toMatchObject(dataError('tensor-missing', tensor));
  });

  it(`is refused with ${tensor} of another shape`, async () => {
    const folder = await withTensors(name, (tensors) => {
      tensors.set(tensor, { shape: [3], data: new Float32Array(3) });
    });
    await expect(openDenoiser(folder, options)).rejects.toMatchObject(dataError('tensor-shape', tensor));
  });

  it('is refused with a tensor that nothing reads', async () => {
    const extra = 'model.layers.0.adapter.weight';
    const folder = await withTensors(name, (tensors) => {
      tensors.set(extra, { shape: [2], data: new Float32Array(2) });
    });
    await expect(openDenoiser(folder, options)).rejects.toMatchObject(dataError('tensor-unknown', extra));
  });
});

it('reads DiffuGPT under the names of GPT-2 as well, where it is told what it is', async () => {
  const folder = await withTensors('diffugpt', (tensors) => {
    for (const [name, tensor] of [...tensors]) {
      tensors.delete(name);
      const renamed = name.replace('embed_tokens', 'transformer.wte').replace('denoise_model', 'transformer');
      tensors.set(renamed, tensor);
    }
    tensors.set('transformer.h.0.attn.bias', { shape: [1, 1, 64, 64], data: new Float32Array(4096) });
  });
  await expect(openDenoiser(folder)).rejects.toMatchObject({
    ...dataError('family-untold', 'an autoregressive model'),
    facts: { family: 'diffugpt' },
  });
  const { form, weights } = await openDenoiser(folder, { family: 'diffugpt' });
  expect(form).toMatchObject({ family: 'diffugpt', shift: true, maskId: 509 });
  expect(weights.get('transformer.wte.weight')?.shape).toEqual([600, 48]);
});

it.each([
  ['alibi', true],
  ['rope', false],
  ['block_type', 'sequential'],
  ['include_bias', true],
  ['include_qkv_bias', true],
  ['attention_layer_norm', true],
  ['input_emb_norm', true],
  ['scale_logits', true],
  ['layer_norm_type', 'default'],
  ['activation_type', 'swiglu'],
  ['weight_tying', true],
  ['block_group_size', 2],
  ['bias_for_layer_norm', true],
  ['multi_query_attention', true],
])('refuses a LLaDA with %s %j', async (key, value) => {
  await expect(openDenoiser(withConfig('llada', { [key]: value }))).rejects.toMatchObject(
    dataError('config-invalid', `key "${key}"`),
  );
});

it('refuses an MDLM that reads the noise, and a SEDD of another graph or noise', async () => {
  await expect(
    openDenoiser(withConfig('mdlm', { time_conditioning: true }), { tokenizer }),
  ).rejects.toMatchObject(
    dataError('config-invalid', 'key "time_conditioning": it must be false, and is true'),
  );
  for (const changes of [{ graph: { type: 'uniform' } }, { noise: { type: 'geometric' } }])
    await expect(openDenoiser(withConfig('sedd', changes), { tokenizer })).rejects.toMatchObject(
      dataError('config-invalid', 'type"'),
    );
});

it('asks for a tokenizer where the folder has none, and for the family where nothing tells it', async () => {
  await expect(openDenoiser(denoiserFolder('mdlm'))).rejects.toMatchObject(
    dataError('tokenizer-untold', 'it has no tokenizer of its own'),
  );
  await expect(openDenoiser(denoiserFolder('opendcoder'))).rejects.toMatchObject({ code: 'family-untold' });
  const { form } = await openDenoiser(denoiserFolder('opendcoder'), { family: 'diffusion' });
  expect(form.family).toBe('opendcoder');
  await expect(openDenoiser(denoiserFolder('llada'), { family: 'dream' })).rejects.toMatchObject({
    code: 'family-unfit',
  });
  await expect(openDenoiser(denoiserFolder('llada'), { family: 'nothing' })).rejects.toMatchObject({
    code: 'family-unknown',
    exitStatus: ExitStatus.usage,
  });
});

it('takes any MLM as a denoiser, with the tokens around its input, and no AR model', async () => {
  const { form, vocabulary } = await openDenoiser(`${goldenFolder}models/modernbert`);
  expect(form).toMatchObject({ family: 'modernbert', shift: false, readsNoise: false, maskId: 599 });
  expect([form.prefix, form.suffix]).toEqual([[596], [597]]);
  expect(vocabulary.maskToken).toBe('[MASK]');
  await expect(openDenoiser(`${goldenFolder}models/olmo`)).rejects.toMatchObject({ code: 'model-kind' });
});

it.each(['bert', 'roberta', 'modernbert'])(
  '%s fills a text as a denoiser, what is known stays',
  async (family) => {
    const folder = family === 'bert' ? join(root, 'bert') : `${goldenFolder}models/${family}`;
    if (family === 'bert') {
      const shape = { hidden_size: 24, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 2 };
      const table = { vocab_size: 600, max_position_embeddings: 64, type_vocab_size: 2, pad_token_id: 0 };
      await writeRandomCheckpoint(folder, { model_type: 'bert', ...shape, ...table, hidden_act: 'gelu' }, 1);
      for (const file of readdirSync(`${goldenFolder}tokenizer_mlm`))
        cpSync(`${goldenFolder}tokenizer_mlm/${file}`, join(folder, file));
    }
    const model = await loadDenoiser({ denoiser: folder, threads: 1 });
    const texts: string[] = [];
    const options = { system: 'diffusion', sampler: 'margin' } as const;
    for await (const event of infill(model, 'The [MASK] sat on the [MASK*2].', options))
      if (event.type === 'done') texts.push(event.text);
    model.dispose();
    expect(texts).toEqual([expect.stringMatching(/^The .+ sat on the .+\.$/)]);
  },
);

describe('loading', () => {
  const logitsOf = async (options: LoadDenoiserOptions) => {
    const { denoiser, dispose } = await loadDenoiser({ tokenizer, backend: 'ort', ...options });
    const ids = Int32Array.of(42, 600, 79, 600, 267);
    const { data } = await (await denoiser.read(ids)).logits([1, 3]);
    dispose();
    return data;
  };

  it.each(['int8', 'int4'] as const)('an MDLM as %s has nearly its logits', async (quantize) => {
    const denoiser = denoiserFolder('mdlm');
    const exact = await logitsOf({ denoiser });
    const notes: string[] = [];
    const quantized = await logitsOf({ denoiser, quantize, onNote: (note) => notes.push(note) });
    const difference = maxDifference(quantized, exact);
    expect(difference).toBeLessThan(3);
    expect(difference > 0 || notes.some((note) => note.includes('Nothing of'))).toBe(true);
  });

  it('is refused where memory is short, with what would fit', async () => {
    const opened = await openDenoiser(denoiserFolder('llada'));
    const available = { bytes: 1, total: 2, limit: 'machine' } as const;
    expect(() => refuseShortMemory(estimatedDenoiser(opened), ['none'], available)).toThrow(
      expect.objectContaining({ code: 'memory-short', exitStatus: ExitStatus.device }),
    );
    const { weights, kvCache, total } = estimateMemory(estimatedDenoiser(opened), 'none');
    // Matrices of 3 layers, several times, and the head: more than they have as bfloat16, and no cache.
    expect(weights).toBeGreaterThan(2 * 86672);
    expect(kvCache).toBe(0);
    expect(total).toBeGreaterThan(weights);
  });

  it('is refused with a weight that is no number', async () => {
    const denoiser = await withTensors('mdlm', (tensors) => {
      tensors.get('backbone.blocks.1.mlp.0.weight')!.data[5] = Number.NaN;
    });
    await expect(logitsOf({ denoiser })).rejects.toMatchObject(
      dataError('non-finite-weights', 'backbone.blocks.1.mlp.0.weight'),
    );
  });

  it('reads a token that documents begin with before a text whose first token is a gap, where rows are shifted', async () => {
    const { denoiser, dispose } = await loadDenoiser({
      denoiser: denoiserFolder('diffugpt'),
      backend: 'ort',
    });
    const rows = async (ids: number[], position: number) =>
      (await (await denoiser.read(Int32Array.from(ids))).logits([position])).data;
    expect(await rows([509, 79, 509], 0)).toEqual(await rows([594, 509, 79, 509], 1));
    await expect(rows(new Array<number>(65).fill(79), 1)).rejects.toMatchObject({ code: 'context-too-long' });
    dispose();
  });

  it('fills several texts at once as one after the other, and stops when it is told to', async () => {
    const model = await loadDenoiser({ denoiser: denoiserFolder('a2d_qwen3'), backend: 'ort' });
    const texts = [3, 4, 5].map((length) => [290, ...new Array<number>(length).fill(594), 257]);
    const filled = async (ids: number[], signal?: AbortSignal) => {
      const events = infill(model, ids, {
        system: 'diffusion',
        seed: 4,
        temperature: 1,
        ...(signal && { signal }),
      });
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value.samples[0]!.ids;
      }
    };
    const alone: (readonly number[])[] = [];
    for (const ids of texts) alone.push(await filled(ids));
    expect(await Promise.all(texts.map((ids) => filled(ids)))).toEqual(alone);
    const stopped = filled(texts[0]!, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(await filled(texts[0]!)).toEqual(alone[0]);
    model.dispose();
  });
});

describe('pytorch_model.bin', () => {
  const file = join(denoiserFolder('sedd'), 'pytorch_model.bin');
  const cacheOf = () => join(root, `cache${copies++}`);

  /** The same file with bytes of its pickle changed, its checksum corrected. */
  function withPickle(change: (pickle: Buffer) => Buffer | string): string {
    const bytes = readFileSync(file);
    // The first member: a local header of 30 bytes, name and extra field, then the pickle.
    const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    const directory = bytes.indexOf(Buffer.from('PK\x01\x02'));
    const length = bytes.readUInt32LE(directory + 24);
    const changed = Buffer.from(change(Buffer.from(bytes.subarray(start, start + length))));
    expect(changed.length).toBe(length);
    changed.copy(bytes, start);
    bytes.writeUInt32LE(crc32(changed), directory + 16);
    const path = join(root, `${copies++}.bin`);
    writeFileSync(path, bytes);
    return path;
  }
  const replaced = (from: string, to: string) => (pickle: Buffer) =>
    Buffer.from(pickle.toString('latin1').replace(from, to), 'latin1');

  it('is converted once, by one of those who want it at once, and read from the copy then', async () => {
    const cache = cacheOf();
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    const all = await Promise.all([1, 2, 3].map(() => convertedWeights(file, { cache, onNote })));
    const first = all[0]!;
    expect(first.get('blocks.1.attn_qkv.weight')?.shape).toEqual([144, 48]);
    expect(notes.filter((note) => note.startsWith('Converting'))).toHaveLength(1);
    const copy = readdirSync(cache).find((name) => name.endsWith('.safetensors'));
    notes.length = 0;
    expect(await convertedWeights(file, { cache, onNote })).toBeDefined();
    expect(notes).toHaveLength(0);
    // A damaged copy is made anew.
    writeFileSync(join(cache, copy!), 'x');
    const again = await convertedWeights(file, { cache, onNote });
    expect(again.read('output_layer.linear.bias')).toEqual(first.read('output_layer.linear.bias'));
    expect(notes).toHaveLength(1);
  });

  it.each([
    ['torch\nFloatStorage', 'torch\nByteeStorage', 'pickle-global', '"torch.ByteeStorage"'],
    ['collections\nOrderedDict', 'posix\nsystem_OrderedDic', 'pickle-global', '"posix.system_OrderedDic"'],
    [
      'torch._utils\n_rebuild_tensor_v2',
      'torch._utils\n_rebuild_tensor_v3',
      'pickle-global',
      '_rebuild_tensor_v3',
    ],
    // A storage is asked for by another persistent id.
    ['storage', 'sturage', 'bad-torch-file', 'no storage of numbers'],
    // INST, which calls by name.
    ['\x80\x02c', '\x80\x02i', 'pickle-opcode', 'opcode 0x69'],
    ['\x80\x02', '\x80\x04', 'bad-torch-file', 'protocol 2'],
    // More numbers than the storage has.
    ['M\xb0\x70', 'M\xb1\x70', 'bad-torch-file', '28849 numbers'],
  ])('is refused where %j is %j', async (from, to, code, message) => {
    const cache = cacheOf();
    await expect(convertedWeights(withPickle(replaced(from, to)), { cache })).rejects.toMatchObject(
      dataError(code, message),
    );
    expect(existsSync(cache)).toBe(false);
  });

  it('is refused where it is cut short, damaged or no zip, and leaves no copy', async () => {
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes);
    const place = damaged.length >> 1;
    damaged[place] = damaged[place]! ^ 1;
    const cases: [Buffer, string][] = [
      [bytes.subarray(0, bytes.length - 40), 'it is no zip'],
      [damaged, 'its checksum is another'],
      [Buffer.from('\x80\x02}q\x00.'), 'it is no zip'],
      [Buffer.alloc(0), 'it is no zip'],
    ];
    for (const [contents, message] of cases) {
      const path = join(root, `${copies++}.bin`);
      const cache = cacheOf();
      writeFileSync(path, contents);
      await expect(convertedWeights(path, { cache })).rejects.toMatchObject(
        dataError('bad-torch-file', message),
      );
      const left = existsSync(cache) ? readdirSync(cache) : [];
      expect(left.filter((name) => name !== '.locks')).toEqual([]);
    }
  });

  it('keeps float16, bfloat16 and views of them as they are', async () => {
    const path = join(root, `${copies++}.bin`);
    // 1, 2, 3 and so on to 7, then NaN with a payload, in float16, and as bfloat16: what the top halves of float32 are.
    const halves = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x7e03);
    const tops = Uint16Array.of(0x3f80, 0x4000, 0x4040);
    const half = { type: 'HalfStorage', storage: '0', count: 8 };
    writeFileSync(
      path,
      torchFile(
        [
          { name: 'tail', ...half, offset: 5, shape: [3] },
          { name: 'turned', ...half, offset: 1, shape: [2, 3], strides: [1, 2] },
          { name: 'tied', ...half, offset: 5, shape: [3] },
          { name: 'top', type: 'BFloat16Storage', storage: '1', count: 3, shape: [3, 1] },
          { name: 'float', type: 'FloatStorage', storage: '2', count: 1, shape: [] },
        ],
        {
          0: new Uint8Array(halves.buffer),
          1: new Uint8Array(tops.buffer),
          2: new Uint8Array(Float32Array.of(0.1).buffer),
        },
      ),
    );
    const weights = await convertedWeights(path, { cache: cacheOf() });
    const words = (name: string) => [...new Uint16Array(weights.bytes(name).buffer)];
    expect(words('tail')).toEqual([0x4600, 0x4700, 0x7e03]);
    expect(words('tied')).toEqual(words('tail'));
    expect(words('turned')).toEqual([0x4000, 0x4400, 0x4600, 0x4200, 0x4500, 0x4700]);
    expect([...weights.read('turned')]).toEqual([2, 4, 6, 3, 5, 7]);
    expect([...weights.read('top')]).toEqual([1, 2, 3]);
    expect([...weights.read('float')]).toEqual([Math.fround(0.1)]);
    expect(weights.get('top')).toMatchObject({ dtype: 'bfloat16', shape: [3, 1] });
    for (const { offset, dtype } of weights.entries.values())
      expect(offset % (dtype === 'F32' ? 4 : 2)).toBe(0);
  });

  it.each([
    ['of another length', [{ count: 3 }], 'has 8 bytes for 3 numbers'],
    ['that a tensor leaves', [{ offset: 1 }], 'reaches beyond its storage of 4 numbers'],
    ['that strides leave', [{ shape: [2, 2], strides: [2, 2] }], 'reaches beyond its storage of 4 numbers'],
    ['that is seen too often', [{ name: 'b' }, { name: 'c' }, {}], 'have 24 bytes and its storages 8'],
    [
      'of a shape beyond all numbers',
      [{ shape: [...Array(40).fill(2 ** 30), 0], strides: Array(41).fill(0) }],
      'has too many numbers',
    ],
    ['of another type', [{ type: 'DoubleStorage' }], '"torch.DoubleStorage"'],
  ])('refuses a storage of float16 %s', async (_, changes, message) => {
    const path = join(root, `${copies++}.bin`);
    const tensor = { name: 'a', type: 'HalfStorage', storage: '0', count: 4, shape: [4] };
    writeFileSync(
      path,
      torchFile(
        changes.map((change) => ({ ...tensor, ...change })),
        { 0: new Uint8Array(8) },
      ),
    );
    await expect(convertedWeights(path, { cache: cacheOf() })).rejects.toThrow(message);
  });

  it('holds what the safetensors file holds that is made of it', async () => {
    const { checkpoint } = await openGoldenDenoiser('sedd');
    const bytes = readFileSync(file);
    const numbers = checkpoint.weights.read('vocab_embed.embedding');
    const stored = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    expect(bytes.includes(stored)).toBe(true);
  });
});
