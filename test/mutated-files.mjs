// Reads files that were changed at random, in a process of its own, which native code may end. Writes a line of JSON for each:
// node mutated-files.mjs KIND FIRST COUNT FOLDER
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '@maria/checkpoints';
import { infill, MariaError, parseJson, readSweepRecord } from '@maria/core';
import { readRecording } from '@maria/tui';

const [kind, first, count, folder] = process.argv.slice(2);
const goldens = fileURLToPath(new URL('goldens/models/', import.meta.url));
const embedded = fileURLToPath(new URL('../models/tiny/', import.meta.url));
const ar = join(goldens, 'olmo');
const mlm = join(goldens, 'modernbert');

/** Numbers in [0, 1) that belong to the seed (xorshift). */
function randomOf(seed) {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

const oddValues = [
  null,
  -1,
  0,
  1,
  1.5,
  1e9,
  2 ** 32,
  2 ** 53,
  1e308,
  true,
  '',
  '\0',
  'a'.repeat(1000),
  [],
  {},
];
const oddPatterns = [{ Regex: '(a|aa)+$' }, { Regex: '(' }, { String: '' }, { Regex: '\\p{L}*\\p{L}*x' }];

/** The places in a value, of long lists only some. */
function placesIn(value, path = [], found = []) {
  if (typeof value !== 'object' || value === null) return found;
  const keys = Object.keys(value);
  for (const key of keys.length > 40 ? [...keys.slice(0, 20), ...keys.slice(-20)] : keys) {
    found.push([...path, key]);
    placesIn(value[key], [...path, key], found);
  }
  return found;
}

function changedValue(value, random) {
  const changed = structuredClone(value);
  const some = (list) => list[Math.floor(random() * list.length)];
  const at = (path) => path.reduce((inner, key) => inner?.[key], changed);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const places = placesIn(changed);
    // A table of tokens has many places; what is around it decides more.
    const path = some(
      random() < 0.7 ? places.filter((place) => place.length < 3 || !place.includes('vocab')) : places,
    );
    if (path === undefined) continue;
    const parent = at(path.slice(0, -1));
    const key = path.at(-1);
    const how = random();
    if (how < 0.25) delete parent[key];
    else if (how < 0.45) parent[key] = structuredClone(at(some(places)));
    else if (how < 0.6 && 'pattern' in parent) parent.pattern = some(oddPatterns);
    else if (how < 0.7 && Array.isArray(parent)) parent.push(...parent.slice(0, 100));
    else parent[key] = some(oddValues);
  }
  return changed;
}

function changedBytes(bytes, random) {
  const changed = Buffer.from(bytes);
  // The beginning of a file of weights is what says how to read it.
  const place = () => Math.floor(random() ** (bytes.length > 10_000 ? 4 : 1) * changed.length);
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--)
    changed[place()] = Math.floor(random() * 256);
  const how = random();
  if (how < 0.15) return changed.subarray(0, place());
  return how < 0.2 ? Buffer.concat([changed, changed.subarray(0, 100)]) : changed;
}

function changedFile(file, random) {
  const bytes = readFileSync(file);
  if (!file.endsWith('.json') || random() < 0.2) return changedBytes(bytes, random);
  return JSON.stringify(changedValue(JSON.parse(bytes), random));
}

/** A copy of a model, of links, with one file of its own. */
function withChanged(model, file, random) {
  const copy = join(folder, 'model');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(model)) if (name !== file) symlinkSync(join(model, name), join(copy, name));
  writeFileSync(join(copy, file), changedFile(join(model, file), random));
  return copy;
}

async function fill(models) {
  const model = await loadModel({ ...models, backend: 'ort' });
  try {
    for (const text of [
      '[MASK]',
      'Hello wörld, 12 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! [MASK*2] it’s 😀',
    ]) {
      const events = infill(model, text);
      for (let step = await events.next(); !step.done; ) step = await events.next();
    }
  } finally {
    model.dispose();
  }
}

const sweep = {
  seed: 0,
  chain: 0,
  sweep: 0,
  text: 'a b',
  ids: [4, 5],
  changed: [0],
  masked: [0, 1],
  energy: 1.5,
  temperature: 1,
  maskRate: 0.5,
  accepted: true,
  confidence: [0.5, 1],
  elapsedMs: 2,
};
const events = [
  { type: 'mlm-encoded', ids: [4, 6, 5], positions: [1] },
  { type: 'gap-filled', sample: 0, position: 1, gap: 0, index: 0, id: 7, token: 'x', probability: 0.5 },
  {
    type: 'done',
    sample: 0,
    text: 'a x b',
    ids: [4, 7, 5],
    gaps: [{ position: 1, ids: [7], text: 'x', probabilities: [0.5] }],
    logLikelihood: -0.7,
  },
];

const kinds = {
  'ar-config': (random) => fill({ ar: withChanged(ar, 'config.json', random), mlm }),
  'mlm-config': (random) => fill({ ar, mlm: withChanged(mlm, 'config.json', random) }),
  tokenizer: (random) => fill({ ar, mlm: withChanged(mlm, 'tokenizer.json', random) }),
  'tokenizer-config': (random) => fill({ ar, mlm: withChanged(mlm, 'tokenizer_config.json', random) }),
  'special-tokens': (random) => fill({ ar, mlm: withChanged(mlm, 'special_tokens_map.json', random) }),
  weights: (random) => fill({ ar: withChanged(ar, 'model.safetensors', random), mlm }),
  'maria-config': (random) => fill({ model: withChanged(embedded, 'config.json', random) }),
  head: (random) => fill({ model: withChanged(embedded, 'head.safetensors', random) }),
  trace: (random) => readSweepRecord(parseJson(JSON.stringify(changedValue(sweep, random))), 'a trace'),
  recording: (random) => {
    const lines = changedValue(events, random);
    const text = Object.values(lines).map((line) => `${JSON.stringify(line)}\n`);
    return readRecording(
      random() < 0.2 ? changedBytes(text.join(''), random).toString() : text.join(''),
      'a recording',
    );
  },
};

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  tell({ begun: seed });
  let outcome = 'read';
  try {
    await kinds[kind](randomOf(seed));
  } catch (error) {
    outcome = error instanceof MariaError ? error.code : `bug: ${error?.stack ?? error}`;
  }
  tell({ seed, outcome });
}
tell({ peakBytes: process.resourceUsage().maxRSS * 1024 });
