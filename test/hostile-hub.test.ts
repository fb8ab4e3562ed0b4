// Pulls from a Hub that misbehaves in each way we know: how they end, what they say, and what they leave behind.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullModel, resolveModel } from '@maria/checkpoints';
import { afterAll, expect, test } from 'vitest';
import { gitId, sha256, testHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import {
  commits,
  impatient,
  tinyFiles,
  tinyRepository,
} from '../packages/checkpoints/src/hub/tiny-repository.test.support.js';
import { type Behaviour, behaviours } from './hostile-hub.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hub = await testHub();
const token = 'hf_secret';
const needed = ['config.json', 'model.safetensors', 'tokenizer.json'];

async function pullFrom({ act, files = {}, hasty }: Behaviour) {
  const around = mkdtempSync(join(folder, 'around-'));
  // Deep enough that a few "../" stay in sight.
  const cacheFolder = join(around, 'a/b/c/cache');
  mkdirSync(cacheFolder, { recursive: true });
  hub.seen.length = 0;
  hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: tinyFiles(files) }, token });
  hub.misbehave = act({ hub: hub.endpoint, cdn: hub.cdn });
  const notes: string[] = [];
  const options = {
    endpoint: hub.endpoint,
    cacheFolder,
    token,
    env: {},
    minSpeed: hasty ? 1e9 : 0,
    patience: { ...impatient(), ...(hasty && { silenceMs: 50, notableMs: 10, speedMs: 50 }) },
    onNote: (message: string) => void notes.push(message),
  };
  const outcome = await pullModel('org/tiny', options).catch((error: unknown) => error);
  const usable = await resolveModel('org/tiny', { ...options, offline: true }).catch(() => undefined);
  return { outcome, usable, notes: notes.join('\n'), around, root: join(cacheFolder, 'models--org--tiny') };
}

/** Whole blobs whose names are hashes of something else than what they hold. */
function mislabelled(blobs: string): string[] {
  if (!existsSync(blobs)) return [];
  return readdirSync(blobs).filter((name) => {
    const bytes = readFileSync(join(blobs, name));
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name) && ![gitId(bytes), sha256(bytes)].includes(name);
  });
}

const exitStatuses: Readonly<Record<string, number>> = {
  'write-failed': 1,
  'disk-full': 1,
  'missing-model-file': 3,
  'missing-tokenizer': 3,
  'model-parts': 3,
  'no-safetensors': 3,
  'bad-safetensors-index': 3,
  'bad-tokenizer': 3,
  'bad-json': 3,
};

test.each(behaviours)('a Hub that $name', async (behaviour) => {
  const { ends } = behaviour;
  const { outcome, usable, notes, around, root } = await pullFrom(behaviour);

  if (ends === 'whole') {
    expect(outcome).toMatchObject({ id: 'org/tiny', commit: commits[0] });
    expect(usable).toBe(join(root, 'snapshots', commits[0]));
    for (const [name, content] of Object.entries({ ...tinyFiles(), ...behaviour.files }))
      if (existsSync(join(usable!, name)))
        expect(readFileSync(join(usable!, name)).equals(content)).toBe(true);
    expect(['README.md', ...needed]).toEqual(expect.arrayContaining(readdirSync(usable!)));
    expect(readdirSync(usable!)).toEqual(expect.arrayContaining(needed));
  } else {
    const [code, says] = ends;
    expect(outcome).toMatchObject({
      code,
      message: expect.stringMatching(says),
      exitStatus: exitStatuses[code] ?? 4,
    });
    expect(usable).toBeUndefined();
    expect(existsSync(join(root, 'refs'))).toBe(false);
  }
  expect(notes).toMatch(behaviour.notes ?? /^$|waiting|Waiting/);

  // Neither the token nor the signature of a link gets anywhere.
  const strangers = hub.seen.filter(({ host }) => host === 'cdn');
  expect(strangers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  expect(`${outcome} ${JSON.stringify(outcome)} ${notes}`).not.toMatch(/hf_secret|signature/);
  // Nothing is written outside of the cache, and nothing large inside.
  expect(readdirSync(around)).toEqual(['a']);
  expect(readdirSync(join(around, 'a/b/c'))).toEqual(['cache']);
  expect(
    readdirSync(join(around, 'a/b/c/cache')).filter(
      (name) => !['.locks', 'models--org--tiny'].includes(name),
    ),
  ).toEqual([]);
  expect(existsSync('/tmp/pwned')).toBe(false);
  expect(mislabelled(join(root, 'blobs'))).toEqual([]);
  expect(sizeBelow(around)).toBeLessThan(2 ** 25);
  expect('polluted' in {}).toBe(false);
});

function sizeBelow(path: string): number {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.reduce(
    (sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
