// config.json of a MARIA checkpoint: that nothing bounds the fused logits is said, and nothing else is believed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openCheckpoint } from '../weights/checkpoint.js';
import { readJsonObject } from '../weights/json-file.js';
import { embeddedFolder } from './embedded-folder.js';
import { readMariaConfig, writeMariaCheckpoint } from './maria-checkpoint.js';

test('a head says that its logits have no bound, and one with a bound is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maria-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [ar, mlm] = ['ar', 'mlm'].map((role) => openCheckpoint(join(embeddedFolder(), role)));
  const zeros = new Float32Array(2);
  await writeMariaCheckpoint(folder, {
    head: { vocabularySize: 2, ar: zeros, mlm: zeros, bias: zeros },
    alignment: { arPrefix: [], mlmPrefix: [], mlmSuffix: [] },
    ar: ar!,
    mlm: mlm!,
    fingerprints: { ar: '', mlm: '' },
  });
  const written = readJsonObject(join(folder, 'config.json'));
  expect(written).toHaveProperty('final_logit_softcapping', null);
  expect(readMariaConfig(written, folder).vocab_size).toBe(2);
  const { final_logit_softcapping: _, ...older } = written;
  expect(readMariaConfig(older, folder).vocab_size).toBe(2);
  expect(() => readMariaConfig({ ...written, final_logit_softcapping: 30 }, folder)).toThrow(
    /^Cannot load the MARIA model: .*config\.json, key "final_logit_softcapping": it must be null, and is 30\.$/,
  );
});
