// A pair named by ids of the Hub: downloaded when it is first asked for, used from the cache afterwards.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedFolder } from '@maria/checkpoints';
import { afterAll, expect, it } from 'vitest';
import { testHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import { maria } from './cli-process.js';

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
