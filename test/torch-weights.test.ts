// AR models and MLMs whose weights are a pytorch_model.bin: the same as from .safetensors, to the bit.
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectModel, loadModel, openCheckpoint } from '@maria/checkpoints';
import { infill } from '@maria/core';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSingle } from '../packages/checkpoints/src/pair/open-single.js';
import { labelOf, sourceFiles } from '../packages/checkpoints/src/quantize/manifest.js';
import { fingerprintOfFolder } from '../packages/checkpoints/src/torch/open-either-format.js';
import { fingerprint } from '../packages/checkpoints/src/weights/fingerprint.js';
import { goldenFolder } from './golden-files.js';
import { type TorchTensor, torchFileOf } from './torch-file.js';

const root = mkdtempSync(join(tmpdir(), 'maria-torch-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});
let cache: string;
let folders = 0;
beforeEach(() => {
  cache = join(root, `cache${folders++}`);
  vi.stubEnv('MARIA_CACHE', cache);
});

const golden = (name: string) => join(goldenFolder, 'models', name);

/** A golden model with its weights in PyTorch's format. */
function asTorch(
  name: string,
  others: TorchTensor[] = [],
  storages: Record<string, Uint8Array> = {},
): string {
  const folder = join(root, `${name}${folders++}`);
  cpSync(golden(name), folder, { recursive: true });
  writeFileSync(
    join(folder, 'pytorch_model.bin'),
    torchFileOf(openCheckpoint(folder).weights, others, storages),
  );
  rmSync(join(folder, 'model.safetensors'));
  return folder;
}

describe('a pair whose weights are in the format of PyTorch', () => {
  it('fills as the same pair in safetensors, and is converted once, which is told', async () => {
    const filled = async (ar: string, mlm: string, notes: string[] = []) => {
      const onNote = (note: string) => notes.push(note);
      const model = await loadModel({ ar, mlm, backend: 'reference', onNote });
      try {
        const events = infill(model, 'once [MASK] a [MASK]', { temperature: 0 });
        for (;;) {
          const step = await events.next();
          if (step.done) return step.value.samples[0];
        }
      } finally {
        model.dispose();
      }
    };
    const expected = await filled(golden('gpt2'), golden('modernbert'));
    const [ar, mlm] = [asTorch('gpt2'), asTorch('modernbert')];
    const notes: string[] = [];
    expect(await filled(ar, mlm, notes)).toEqual(expected);
    expect(notes).toEqual(
      [ar, mlm].map((folder) => `Converting ${folder}/pytorch_model.bin to safetensors, once.`),
    );
    expect(await filled(ar, mlm, notes)).toEqual(expected);
    expect(notes).toHaveLength(2);
  });

  it('leaves nothing of a conversion that was killed, where it is converted again', async () => {
    const folder = asTorch('gpt2');
    await openSingle(folder, {});
    const converted = join(cache, 'converted');
    const [copy] = readdirSync(converted).filter((name) => name.endsWith('.safetensors'));
    rmSync(join(converted, copy!));
    const [half, others] = [copy, 'other.safetensors'].map((name) => `.${name}.0123456789ab.tmp`);
    for (const name of [half!, others!]) writeFileSync(join(converted, name), 'cut short');
    await openSingle(folder, {});
    expect(readdirSync(converted).sort()).toEqual(['.locks', others, copy].sort());
  });

  it('.safetensors come first', async () => {
    const folder = asTorch('gpt2');
    cpSync(join(golden('gpt2'), 'model.safetensors'), join(folder, 'model.safetensors'));
    const { checkpoint } = await openSingle(folder, {});
    expect(checkpoint.weights.get('transformer.wte.weight')?.location).toMatchObject({
      file: join(folder, 'model.safetensors'),
    });
    expect(existsSync(cache)).toBe(false);
  });

  it('may have positions and masks in its file, as older ones of BERT and GPT-2 have: they are no weights', async () => {
    const folder = asTorch(
      'gpt2',
      [
        { name: 'positions', type: 'LongStorage', storage: 'a', count: 4, shape: [2, 2], strides: [1, 2] },
        { name: 'mask', type: 'BoolStorage', storage: 'b', count: 4, shape: [2, 2], strides: [1, 2] },
        { name: 'bytes', type: 'ByteStorage', storage: 'c', count: 2, shape: [2] },
      ],
      {
        a: new Uint8Array(BigInt64Array.of(1n, -2n, 2n ** 40n, 4n).buffer),
        b: Uint8Array.of(1, 0, 1, 1),
        c: Uint8Array.of(7, 8),
      },
    );
    const notes: string[] = [];
    const found = await inspectModel(folder, [], { onNote: (note) => notes.push(note) });
    const plain = await inspectModel(golden('gpt2'), []);
    expect(found.parameters).toBe(plain.parameters + 10);
    expect(found.stored).toEqual({ ...plain.stored, I64: 32, BOOL: 4, U8: 2 });
    expect(notes).toHaveLength(1);
    const { bytes } = (await openSingle(folder, {})).checkpoint.weights;
    expect([...new BigInt64Array(bytes('positions').buffer)]).toEqual([1n, 2n ** 40n, -2n, 4n]);
    expect([...bytes('mask'), ...bytes('bytes')]).toEqual([1, 1, 0, 1, 7, 8]);
  });

  it('is told by its own file: by what heads and quantised copies know their source', async () => {
    const folder = asTorch('modernbert');
    const file = join(folder, 'pytorch_model.bin');
    const expected = fingerprintOfFolder(folder);
    expect(existsSync(cache)).toBe(false);
    const { weights } = (await openSingle(folder, {})).checkpoint;
    expect(fingerprint(weights)).toBe(expected);
    const [name] = [...weights.names()] as [string];
    const files = sourceFiles(weights, [{ name, from: name } as never]);
    expect(files).toMatchObject([{ path: file }]);
    expect(labelOf(files)).toBe(folder.slice(root.length + 1));
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    rmSync(cache, { recursive: true });
    expect(fingerprint((await openSingle(moved, {})).checkpoint.weights)).toBe(expected);
    expect(fingerprintOfFolder(golden('modernbert'))).not.toBe(expected);
  });
});

describe('nothing is converted', () => {
  const changed = (config: object) => {
    const folder = asTorch('gpt2');
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  };
  it.each([
    ['for a family that maria has not', { model_type: 'mamba' }, 'causal', 'mamba'],
    ['for another kind of model', undefined, 'masked', 'as the MLM'],
  ] as const)('%s', async (_, config, kind, message) => {
    const folder = config === undefined ? asTorch('gpt2') : changed(config);
    await expect(openSingle(folder, {}, kind)).rejects.toThrow(message);
    expect(existsSync(cache)).toBe(false);
  });

  it('where the file is of an older PyTorch, or the folder has no config.json', async () => {
    const folder = asTorch('gpt2');
    writeFileSync(join(folder, 'pytorch_model.bin'), '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1');
    await expect(openSingle(folder, {})).rejects.toMatchObject({
      code: 'bad-torch-file',
      message: expect.stringContaining('as torch.save writes one since PyTorch 1.6'),
    });
    rmSync(join(folder, 'config.json'));
    await expect(openSingle(folder, {})).rejects.toThrow('it has no config.json');
    expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
  });
});
