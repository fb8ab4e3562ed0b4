// Known pairs on a Hub of this machine, with small random models of their families under the published ids.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KnownModel, type KnownPair, knownPair, knownPairs } from '@maria/checkpoints';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail, type TestHub, testHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import { arTokenizer, mlmTokenizer, writeByteFallbackTokenizer } from './byte-fallback-tokenizers.js';
import { maria, recordsIn } from './cli-process.js';
import { familyGoldens, goldenFolder } from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';

const home = mkdtempSync(join(tmpdir(), 'maria-known-pairs-'));
afterAll(() => rmSync(home, { recursive: true }));
const first = (model: string) => `${goldenFolder}models/${model}`;
const later = (model: string) => `${goldenFolder}${familyGoldens}models/${model}`;
const own = (model: string) => join(home, model);

/** Of each kind of pair in the list one, and the folders of its models. */
const kinds: readonly { name: string; ar: string; mlm: string; text: string }[] = [
  ['ettin-17m', later('modernbert_decoder'), later('modernbert')],
  ['olmo-1b', first('olmo'), first('modernbert')],
  ['pythia-160m', own('gpt_neox'), first('modernbert')],
  ['gpt2', first('gpt2'), first('roberta')],
  ['llama-3.2-1b', later('llama'), later('eurobert')],
  ['gemma-2-2b', later('gemma2'), later('modernbert_gemma')],
  ['sarashina2.2-1b', own('llama_bytes'), own('modernbert_bytes'), '犬は[MASK]。'],
  ['llm-jp-3-150m', own('llama_bytes'), own('modernbert_bytes'), '大きい[MASK]と猫です。'],
].map(([name = '', ar = '', mlm = '', text = 'A little [MASK] went to the [MASK].']) => ({
  name,
  ar,
  mlm,
  text,
}));

const layers = { hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4 };

beforeAll(async () => {
  const positions = { max_position_embeddings: 128 };
  await writeRandomCheckpoint(
    own('gpt_neox'),
    { model_type: 'gpt_neox', vocab_size: 600, ...layers, ...positions },
    1,
  );
  const bytes = { vocab_size: 280, ...layers, ...positions };
  await writeRandomCheckpoint(own('llama_bytes'), { model_type: 'llama', bos_token_id: 1, ...bytes }, 2);
  await writeRandomCheckpoint(own('modernbert_bytes'), { model_type: 'modernbert', ...bytes }, 3);
  for (const [folder, tokenizer] of [
    ['llama_bytes', arTokenizer],
    ['modernbert_bytes', mlmTokenizer],
  ] as const) {
    rmSync(join(own(folder), 'special_tokens_map.json'));
    writeByteFallbackTokenizer(own(folder), tokenizer);
  }
});

/** As the Hub has it, with files that nobody needs beside the others. */
function publish(hub: TestHub, { id, revision, isGated }: KnownModel, folder: string, digit: string) {
  const commit = revision ?? digit.repeat(40);
  const files = readdirSync(folder)
    .filter((name) => !/^config\..+\.json$/.test(name))
    .map((name) => [name, readFileSync(join(folder, name))] as const);
  const others = ['pytorch_model.bin', 'onnx/model.onnx', 'modeling_own.py', 'tokenizer.model'];
  hub.repositories[id] = {
    refs: { main: commit },
    commits: {
      [commit]: {
        ...Object.fromEntries(files),
        ...Object.fromEntries(others.map((name) => [name, Buffer.from('not needed')])),
      },
    },
    ...(isGated && { token: 'hf_secret' }),
  };
}

/** A Hub with a pair, and an empty cache. */
async function hubOf(pair: KnownPair, ar: string, mlm: string) {
  const hub = await testHub();
  publish(hub, pair.ar, ar, 'a');
  publish(hub, pair.mlm, mlm, 'b');
  const cache = mkdtempSync(join(home, 'cache-'));
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: cache, HF_HUB_CACHE: '', HF_TOKEN: 'hf_secret' };
  return { hub, env };
}

const pairOf = (name: string) => knownPair(name)!;

describe.each(kinds)('$name', ({ name, ar, mlm, text }) => {
  it('is pulled, proved, fills, and does so without the Hub afterwards', async () => {
    const { hub, env } = await hubOf(pairOf(name), ar, mlm);
    const expected = await maria(['infill', '--ar', ar, '--mlm', mlm, text]);
    expect(expected.status).toBe(0);
    expect(expected.stdout).not.toContain('MASK');
    const args = ['infill', '--model', name, text];
    const filled = await maria(args, { env });
    expect(filled).toEqual(expected);

    const needed =
      /^\/(?:api\/|blob\/)|\/(?:config|tokenizer|tokenizer_config|special_tokens_map)\.json$|\/model\.safetensors$/;
    expect(hub.requests(({ path }) => !needed.test(path))).toEqual([]);
    const requests = hub.seen.length;
    expect(await maria(args, { env: { ...env, HF_HUB_OFFLINE: '1' } })).toEqual(expected);

    const { stdout } = await maria(['models', 'inspect', name, '--json'], { env });
    const [fit] = JSON.parse(stdout).pairs;
    expect(fit).toMatchObject({ fits: true, compared: { same: expect.any(Number) } });
    expect(hub.seen.length).toBe(requests);
  });
});

it('every pair of the list is of a kind that is tried here', () => {
  const kindOf = (name: string) => name.replace(/^distil/, '').split('-')[0];
  const tried = new Set(kinds.map(({ name }) => kindOf(name)));
  expect(knownPairs.filter(({ name }) => !tried.has(kindOf(name)))).toEqual([]);
});

const ettin = kinds[0]!;

describe('models inspect', () => {
  it('tells that each id stands for the same token', async () => {
    const { env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    const { stdout } = await maria(['models', 'inspect', 'ettin-17m'], { env });
    expect(stdout).toMatch(/^pairs with .*: yes; 600 ids compared, each stands for the same token$/m);
  });

  it('tells which special ids have other names', async () => {
    const { stdout } = await maria(['models', 'inspect', later('llama'), later('eurobert')]);
    expect(stdout).toMatch(
      /: yes, all tokens of text are the same; 416 is "<\|reserved_special_token_0\|>" in the AR model's vocabulary and "<\|mask\|>" in the MLM's, 418 is .*; 423 ids compared, 421 stand for the same token, not so 416, 418$/m,
    );
  });
});

describe('is refused with the ids where the Hub has under these names', () => {
  interface TokenizerJson {
    added_tokens: { id: number; content: string }[];
    post_processor: unknown;
    model: { vocab: Record<string, number>; merges: string[][] };
  }

  /** The MLM with another tokenizer, without what is said of single tokens elsewhere. */
  function changed(name: string, change: (tokenizer: TokenizerJson) => void, hasMask = true): string {
    const folder = own(name);
    cpSync(ettin.mlm, folder, { recursive: true });
    const file = join(folder, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as TokenizerJson;
    change(tokenizer);
    writeFileSync(file, JSON.stringify(tokenizer));
    rmSync(join(folder, 'special_tokens_map.json'));
    const configFile = join(folder, 'tokenizer_config.json');
    const {
      mask_token: mask,
      added_tokens_decoder: _added,
      ...config
    } = JSON.parse(readFileSync(configFile, 'utf8'));
    writeFileSync(configFile, JSON.stringify({ ...config, ...(hasMask && { mask_token: mask }) }));
    return folder;
  }

  it.each([
    [
      'an extra token',
      () =>
        changed('extra', (tokenizer) => {
          const { model, added_tokens } = tokenizer;
          const id = Object.keys(model.vocab).length;
          model.vocab.zz = id;
          model.merges.push(['z', 'z']);
          for (const token of added_tokens) if (token.id >= id) token.id++;
          tokenizer.post_processor = null;
        }),
      /token 591 is "zz" in the MLM's vocabulary and ".*" in the AR model's; under any id, the AR model lacks "zz"/,
    ],
    [
      'another merge',
      () =>
        changed('merge', ({ model }) => {
          [model.merges[0], model.merges[1]] = [model.merges[1]!, model.merges[0]!];
        }),
      /their tokens are the same, and merge 1 makes token \d+ of "Ġ" and "t" in the MLM's tokenizer and token \d+ of "Ġ" and "Ġ" in the AR model's/,
    ],
    [
      'no mask',
      () =>
        changed(
          'maskless',
          (tokenizer) => {
            tokenizer.added_tokens = tokenizer.added_tokens.filter(({ content }) => content !== '[MASK]');
          },
          false,
        ),
      /its tokenizer has no mask token among its special ones \(.*595 "\[UNK\]", 596 "\[CLS\]", 597 "\[SEP\]"/,
    ],
    [
      'another model',
      () => later('eurobert'),
      /token \d+ is ".*" in the MLM's vocabulary and ".*" in the AR/,
    ],
  ])('%s', async (_, folder, message) => {
    const { env } = await hubOf(pairOf('ettin-17m'), ettin.ar, folder());
    const filled = await maria(['infill', '--model', 'ettin-17m', ettin.text], { env });
    expect([filled.status, filled.stdout]).toEqual([3, '']);
    expect(filled.stderr).toMatch(message);
    const { stdout } = await maria(['models', 'inspect', 'ettin-17m'], { env });
    expect(stdout).toMatch(/^pairs with .*: no, /m);
    expect(stdout).toMatch(message);
  });
});

describe('what goes wrong on the way', () => {
  it('a gated half says what to accept, where, and how to say who did', async () => {
    const { ar, mlm } = kinds.find(({ name }) => name === 'llama-3.2-1b')!;
    const { hub, env } = await hubOf(pairOf('llama-3.2-1b'), ar, mlm);
    const pull = (token: string) =>
      maria(['models', 'pull', 'llama-3.2-1b'], { env: { ...env, HF_TOKEN: token } });
    const page = `${hub.endpoint}/meta-llama/Llama-3.2-1B`;
    const without = await pull('');
    expect(without.status).toBe(4);
    expect(without.stderr).toMatch(
      /^Cannot pull meta-llama\/Llama-3\.2-1B@[0-9a-f]{40}: meta-llama\/Llama-3\.2-1B is gated \(HTTP 401\)\.$/m,
    );
    expect(without.stderr).toContain(
      `Try: Accept the terms of its licence (llama3.2) on ${page}, make a token on ${hub.endpoint}/settings/tokens, and set HF_TOKEN to it.`,
    );
    const other = await pull('hf_other');
    expect(other.stderr).toContain(
      `Try: Accept the terms of its licence (llama3.2) on ${page}, and use a token of the same account that may read gated repositories.`,
    );
    const { status, stdout } = await pull('hf_secret');
    expect([status, stdout.trim().split('\n').length]).toEqual([0, 2]);
  });

  it('a pair that came half is told of without the Hub, and goes on where it stopped', async () => {
    const { hub, env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    const isMlm = (path: string) => path.includes('ettin-encoder');
    hub.misbehave = ({ path }, response) => isMlm(path) && fail(response, 404, 'RepoNotFound');
    const half = await maria(['models', 'pull', 'ettin-17m', '--json'], { env });
    expect(half.status).toBe(4);
    expect(recordsIn(half.stdout)).toMatchObject([{ id: 'jhu-clsp/ettin-decoder-17m' }]);
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    const infill = await maria(['infill', '--model', 'ettin-17m', ettin.text], { env: offline });
    expect([infill.status, infill.stdout]).toEqual([4, '']);
    expect(infill.stderr).toBe(
      'Cannot find jhu-clsp/ettin-encoder-17m without the network: it is not in the cache.\nTry: Unset HF_HUB_OFFLINE and run maria models pull jhu-clsp/ettin-encoder-17m\n',
    );
    hub.misbehave = undefined;
    const requests = hub.seen.length;
    const whole = await maria(['models', 'pull', 'ettin-17m', '--json'], { env });
    expect(recordsIn(whole.stdout)).toMatchObject([
      { id: 'jhu-clsp/ettin-decoder-17m', received: 0 },
      { id: 'jhu-clsp/ettin-encoder-17m', received: expect.any(Number) },
    ]);
    const again = hub.seen.slice(requests).map(({ path }) => path);
    expect(again.filter((path) => path.includes('ettin-decoder') && path.includes('/resolve/'))).toEqual([]);
  });

  it('a misspelt name is no id: the nearest pair is named', async () => {
    const { env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    const hint = 'Try: ettin-17m, if that pair is meant; maria models pairs lists all.\n';
    const online = await maria(['infill', '--model', 'etin-17m', ettin.text], { env });
    expect([online.status, online.stderr.split('\n').slice(-2).join('\n')]).toEqual([3, hint]);
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    const infill = await maria(['infill', '--model', 'etin-17m', ettin.text], { env: offline });
    expect([infill.status, infill.stderr.endsWith(hint)]).toEqual([4, true]);
    const pairs = await maria(['models', 'pairs', 'etin-17m']);
    expect([pairs.status, pairs.stderr]).toEqual([
      2,
      'Cannot describe the pair "etin-17m": there is none of that name.\nTry: maria models pairs ettin-17m\n',
    ]);
  });

  it('a pair where one model is wanted is told to be two', async () => {
    const { env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    const args = ['infill', '--ar', 'ettin-17m', '--mlm', 'jhu-clsp/ettin-encoder-17m', ettin.text];
    const { status, stderr } = await maria(args, { env });
    expect([status, stderr.split('\n')[1]]).toEqual([
      3,
      'Try: --model ettin-17m: it is the name of a pair, and stands for two models.',
    ]);
  });

  it('a name stands for both models where one is described or removed, too', async () => {
    const { env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    const ids = ['jhu-clsp/ettin-decoder-17m', 'jhu-clsp/ettin-encoder-17m'];
    const info = await maria(['models', 'info', 'ettin-17m', '--json'], { env });
    expect(
      recordsIn<{ repository: { id: string } }>(info.stdout).map(({ repository }) => repository.id),
    ).toEqual(ids);
    expect((await maria(['models', 'pull', 'ettin-17m'], { env })).status).toBe(0);
    const removed = await maria(['models', 'rm', 'ettin-17m', '--json'], { env });
    expect(recordsIn(removed.stdout)).toMatchObject(ids.map((id) => ({ id, remaining: 0 })));
  });

  it('two models that only look like a pair are not brought', async () => {
    const { hub, env } = await hubOf(pairOf('ettin-17m'), ettin.ar, ettin.mlm);
    for (const args of [
      ['infill', '--model', 'llammlein-1b', 'Ein [MASK].'],
      ['models', 'pull', 'llammlein-1b'],
      ['models', 'pairs', 'llammlein-1b'],
    ]) {
      const { status, stderr } = await maria(args, { env });
      expect([status, stderr.split('\n')[1]]).toEqual([3, 'Try: maria models pairs']);
      expect(stderr).toMatch(/^Cannot use llammlein-1b as a pair: .*WordPiece/);
    }
    expect(hub.seen).toEqual([]);
  });
});

describe('a repository that maria cannot read is refused before its weights are brought', () => {
  const tokenizerFiles = ['tokenizer.json', 'vocab.json', 'vocab.txt'];
  it.each([
    ['sarashina2.2-1b', 'ar', tokenizerFiles, /has no tokenizer\.json, .*only "tokenizer\.model"/],
    [
      'gemma-2-2b',
      'mlm',
      ['model.safetensors', 'pytorch_model.bin'],
      /has no \.safetensors weights and no pytorch_model\.bin, only others such as "onnx\/model\.onnx"/,
    ],
  ] as const)('%s', async (name, half, missing, message) => {
    const { ar, mlm } = kinds.find((kind) => kind.name === name)!;
    const pair = pairOf(name);
    const { hub, env } = await hubOf(pair, ar, mlm);
    for (const files of Object.values(hub.repositories[pair[half].id]!.commits))
      for (const file of missing) delete files[file];
    const { status, stderr } = await maria(['models', 'pull', name], { env });
    expect(status).toBe(3);
    expect(stderr).toMatch(message);
    const weights = hub.requests(({ path }) => path.includes(pair[half].id) && /safetensors|bin$/.test(path));
    expect(weights).toEqual([]);
  });
});

describe('models pairs', () => {
  it('are all named in the docs', () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/models.md'), 'utf8');
    for (const { name } of knownPairs)
      expect(page).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} `, 'm'));
    expect(page).toContain('None of them was run here');
  });

  it('lists them, with sizes, memory, context and licence', async () => {
    const { stdout } = await maria(['models', 'pairs', '--json']);
    const listed = recordsIn<KnownPair & { facts?: { memory: Record<string, number> } }>(stdout);
    expect(listed.map(({ name }) => name)).toEqual(knownPairs.map(({ name }) => name));
    for (const { ar, mlm, facts } of listed)
      expect(facts !== undefined).toBe(ar.config !== undefined && mlm.config !== undefined);
    const text = (await maria(['models', 'pairs'])).stdout;
    expect(text).toMatch(/^NAME +PARAMETERS +DOWNLOAD +FLOAT32 +INT8 +INT4 +CONTEXT +LICENCE$/m);
    expect(text).toMatch(
      /^olmo-1b +1\.68 billion +\d+\.\d+ GiB +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +4096 +apache-2\.0$/m,
    );
    expect(text).toMatch(/^llama-3\.2-1b .*gated$/m);
  });

  it('tells all of one', async () => {
    const { stdout } = await maria(['models', 'pairs', 'pythia-160m']);
    const { ar, mlm } = pairOf('pythia-160m');
    for (const part of [ar.id, ar.revision!, mlm.id, mlm.revision!, 'English', '2048 tokens', 'not run here'])
      expect(stdout).toContain(part);
  });
});
