// Measures how soon constraints are ready for a vocabulary, what they take for a token of it, and what part of decoding that is: on the
// embedded pair, and on one with random weights of a published shape, which has that vocabulary. Times are CPU time of the process; one
// thread computes, for the waits of several would count.
// node tools/results/constraints.mjs [--tokenizer FOLDER [--shape olmo-1b+modernbert-large] [--quantize int4]] [--rounds 3]
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createVocabulary, loadModel } from '../../packages/checkpoints/dist/index.js';
import { compileConstraint, infill, randomKey } from '../../packages/core/dist/index.js';
import { parsePairShape, randomPair } from '../../packages/eval/dist/index.js';

const { values } = parseArgs({
  options: {
    tokenizer: { type: 'string' },
    shape: { type: 'string' },
    quantize: { type: 'string', default: 'none' },
    rounds: { type: 'string', default: '3' },
  },
});

const person = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 12 }, age: { type: 'integer' } },
  required: ['name', 'age'],
};
/** What is asked, and of how many tokens. */
const asked = [
  [{ choices: ['red', 'dark green', 'very light blue'] }, 3],
  [{ regex: '[0-9]{2}:[0-9]{2}' }, 4],
  [{ regex: '[A-Z][a-z]+' }, 3],
  [{ characters: '5-9' }, 2],
  [{ words: 2 }, 3],
  [{ case: 'title' }, 8],
  [{ schema: person }, 16],
  [{ ban: ['the', 'and'] }, 16],
  [{ regex: '[ -~]{1,200}' }, 16],
];

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function timed(work) {
  const before = cpuMs();
  const result = await work();
  return { result, ms: cpuMs() - before };
}

const row = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
const key = randomKey(1);

const vocabulary = values.tokenizer === undefined ? undefined : openVocabulary(values.tokenizer);
if (vocabulary) await measureAlone(vocabulary);
await measureDecoding('the embedded pair', await loadModel({ lanes: 1, threads: 1 }), 24);
if (values.shape !== undefined) {
  const folders = await randomPair(parsePairShape(values.shape));
  const model = await loadModel({
    ...folders,
    lanes: 1,
    threads: 1,
    capacity: 256,
    quantize: values.quantize,
  });
  // Its own tokens are no words.
  await measureDecoding(
    `${values.shape}, ${values.quantize}`,
    { ...model, ...(vocabulary && { vocabulary }) },
    1,
  );
}

function openVocabulary(folder) {
  const json = (name) => {
    const path = `${folder}/${name}`;
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  };
  return createVocabulary({
    tokenizer: json('tokenizer.json'),
    tokenizerConfig: json('tokenizer_config.json'),
  });
}

async function measureAlone(vocabulary) {
  const around = { border: 'carried', lineBreaks: false };
  const { ms } = await timed(() => compileConstraint(vocabulary, { bias: { a: 1 } }, around));
  process.stdout.write(`${vocabulary.size} tokens; their trie: ${ms.toFixed(0)} ms\n\n`);
  row(['asked', 'ready (ms)', 'first text: ms a token', 'later ones: ms a token']);
  row(['---', '---', '---', '---']);
  for (const [constraint, length] of asked) {
    const { result, ms: ready } = await timed(async () => {
      const { automaton } = await compileConstraint(vocabulary, constraint, around);
      automaton.canEnd(automaton.start, length);
      return automaton;
    });
    let draw = 0;
    const fill = async () => {
      let ms = 0;
      let state = result.start;
      for (let left = length - 1; left >= 0; left--) {
        const logits = Float32Array.from({ length: vocabulary.size }, (_, id) => key.uniform(draw, id));
        draw++;
        ms += (await timed(async () => result.mask(logits, state, left))).ms;
        const id = logits.reduce((best, logit, at) => (logit > logits[best] ? at : best), 0);
        state = result.after(state, vocabulary.bytesOf(id));
      }
      return ms / length;
    };
    const first = await fill();
    const later = [];
    for (let i = 0; i < 20; i++) later.push(await fill());
    row([
      `\`${JSON.stringify(constraint)}\``,
      ready.toFixed(0),
      first.toFixed(1),
      (later.reduce((sum, one) => sum + one, 0) / later.length).toFixed(2),
    ]);
  }
  process.stdout.write('\n');
}

/** The same texts with and without, in turns, without drafts, so that both take the same passes; each constraint is ready before. */
async function measureDecoding(name, model, count) {
  const texts = Array.from(
    { length: count },
    (_, i) =>
      `One day, ${['Tim', 'Lily', 'Ben', 'Sue'][i % 4]} saw a big [MASK*N] in the park and went home.`,
  );
  const filling = (seed, length, constraint) =>
    infill(model, texts[seed].replace('N', length), { temperature: 1, seed, constraint });
  const fill = async (...asked) => {
    const steps = filling(...asked);
    for (let step = await steps.next(); !step.done; step = await steps.next());
  };
  row(['asked', `${name}: tokens`, 'ms a token without', 'ms a token with', 'more']);
  row(['---', '---', '---', '---', '---']);
  for (const [constraint, length] of asked) {
    const begun = filling(0, length, constraint);
    await begun.next();
    await begun.return();
    await fill(0, length);
    const ms = { without: 0, with: 0 };
    // The first round with it finds what the later ones know.
    const rounds = Number(values.rounds);
    for (let round = 0; round < rounds; round++)
      for (let seed = 0; seed < count; seed++) {
        ms.without += (await timed(() => fill(seed, length))).ms;
        ms.with += (await timed(() => fill(seed, length, constraint))).ms;
      }
    const [without, withIt] = [ms.without, ms.with].map((sum) => sum / (count * length * rounds));
    row([
      `\`${JSON.stringify(constraint)}\``,
      length,
      without.toFixed(2),
      withIt.toFixed(2),
      percent(withIt / without),
    ]);
  }
  process.stdout.write('\n');
  model.dispose();
}

function percent(ratio) {
  return `${(100 * (ratio - 1)).toFixed(0)} %`;
}
