// Which names are told in place of one that is none.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { meantModel, meantPair } from './meant-model.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-meant-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['heads-small', 'notes']) mkdirSync(join(folder, name));
writeFileSync(join(folder, 'heads-small/config.json'), '{}');

test.each([
  [`${folder}/head-small`, `${folder}/heads-small, if that folder is meant.`],
  [`${folder}/heads-smal/`, `${folder}/heads-small, if that folder is meant.`],
  // A folder without a config.json is no model, and a pair is no path.
  [`${folder}/note`, undefined],
  [`${folder}/etin-150m`, undefined],
  [`${folder}/none/head-small`, undefined],
  ['etin-150m', 'ettin-150m, if that pair is meant; maria models pairs lists all.'],
  ['ettin-150m', '--model ettin-150m: it is the name of a pair, and stands for two models.'],
])('%s', (model, hint) => {
  expect(meantModel({ model })).toBe(hint);
});

test('where nothing is near, what may be given is told', () => {
  expect(meantModel({ model: 'nothing-like-it' })).toMatch(
    /^Give a folder, an id of the Hub \(OWNER\/NAME\), or/,
  );
  expect(meantModel({ model: 'nothing-like-it', offline: true })).toMatch(/unset HF_HUB_OFFLINE\.$/);
  // What a library says of another model that is missing holds.
  expect(meantModel({})).toBeUndefined();
  expect(meantPair({ model: 'org/ettin-150m' })).toBeUndefined();
});
