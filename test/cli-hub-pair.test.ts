// A pair named by ids of the Hub: downloaded when it is first asked for, used from the cache afterwards.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedFolder, knownPairs } from '@maria/checkpoints';
import { afterAll, describe, expect, it } from 'vitest';
import { testHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import { maria } from './cli-process.js';
import { familyGoldens, goldenFolder } from './golden-files.js';

const home = mkdtempSync(join(tmpdir(), 'maria-hub-pair-'));
afterAll(() => rmSync(home, { recursive: true }));

function repository(folder: string, digit: string) {
  const commit = digit.repeat(40);
  const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
  return { refs: { main: commit }, commits: { [commit]: Object.fromEntries(files) } };
}

it('fills with --ar and --mlm from the Hub, then without it', async () => {
  const hub = await testHub();
  hub.repositories['org/ar'] = repository(join(embeddedFolder(), 'ar'), 'a');
  hub.repositories['org/mlm'] = repository(join(embeddedFolder(), 'mlm'), 'b');
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: home, HF_HUB_CACHE: '', HF_TOKEN: '' };
  const text = 'A little [MASK] went to the [MASK].';
  const expected = await maria([
    'infill',
    '--ar',
    join(embeddedFolder(), 'ar'),
    '--mlm',
    join(embeddedFolder(), 'mlm'),
    text,
  ]);
  const args = ['infill', '--ar', 'org/ar@main', '--mlm', 'org/mlm', text];

  expect(await maria(args, { env })).toEqual(expected);
  const requests = hub.seen.length;
  expect(requests).toBeGreaterThan(0);
  expect(await maria(args, { env: { ...env, HF_HUB_OFFLINE: '1' } })).toEqual(expected);
  expect(hub.seen.length).toBe(requests);

  const unknown = await maria(['infill', '--ar', 'org/none', '--mlm', 'org/mlm', text], { env });
  expect(unknown.status).toBe(4);
  expect(unknown.stderr).toMatch(/^Cannot .*org\/none.*\nTry: /s);
});

describe('a pair by its name', () => {
  const model = (name: string) => `${goldenFolder}${familyGoldens}models/${name}`;
  const text = 'A little [MASK] went to the [MASK].';
  const args = ['infill', '--model', 'ettin-17m', text];
  /** A Hub with the pair, or with another encoder in its place. */
  async function hubOf(encoder: string) {
    const hub = await testHub();
    hub.repositories['jhu-clsp/ettin-decoder-17m'] = repository(model('modernbert_decoder'), 'c');
    hub.repositories['jhu-clsp/ettin-encoder-17m'] = repository(model(encoder), 'd');
    const folder = mkdtempSync(join(home, 'named-'));
    return { hub, env: { HF_ENDPOINT: hub.endpoint, HF_HOME: folder, HF_HUB_CACHE: '', HF_TOKEN: '' } };
  }

  it('is pulled, fills, and does so without the Hub afterwards', async () => {
    const { hub, env } = await hubOf('modernbert');
    const expected = await maria([
      'infill',
      '--ar',
      model('modernbert_decoder'),
      '--mlm',
      model('modernbert'),
      text,
    ]);
    expect(expected.status).toBe(0);
    const pulled = await maria(['models', 'pull', 'ettin-17m', '--json'], { env });
    expect(pulled.stdout.trim().split('\n')).toHaveLength(2);
    const requests = hub.seen.length;
    expect(await maria(args, { env: { ...env, HF_HUB_OFFLINE: '1' } })).toEqual(expected);
    expect(hub.seen.length).toBe(requests);
  });

  it('is inspected: whether its vocabularies match, and which special ids have other names', async () => {
    const { env } = await hubOf('modernbert');
    const { stdout } = await maria(['models', 'inspect', 'ettin-17m', '--json'], { env });
    const [fit] = (JSON.parse(stdout) as { pairs: { fits: boolean; because?: string }[] }).pairs;
    expect([fit!.fits, fit!.because]).toEqual([true, undefined]);
    const llama = await maria(['models', 'inspect', model('llama'), model('eurobert'), '--json']);
    expect(JSON.parse(llama.stdout).pairs[0]).toMatchObject({
      fits: true,
      because: expect.stringMatching(
        /^all tokens of text are the same; 416 is "<\|reserved_special_token_0\|>" in the AR model's vocabulary and "<\|mask\|>" in the MLM's, 418 is /,
      ),
    });
  });

  it('is refused with the ids where the Hub has other models under these names', async () => {
    const { env } = await hubOf('eurobert');
    const { status, stderr } = await maria(args, { env });
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^Cannot pair the models: token \d+ is ".*" in the MLM's vocabulary and ".*" in the AR/m,
    );
  });

  it('is listed', async () => {
    const { stdout } = await maria(['models', 'pairs', '--json']);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string });
    expect(listed.map(({ name }) => name)).toEqual(knownPairs.map(({ name }) => name));
    expect((await maria(['models', 'pairs'])).stdout).toMatch(/^ettin-17m +jhu-clsp\/ettin-decoder-17m /m);
  });
});
