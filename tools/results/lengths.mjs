// Measures how often the length of a gap is found, and how near its fill is, on spans of whole words of held-out texts, against fixed lengths.
// node tools/results/lengths.mjs --data FILE [--data FILE …] [--spans 600] [--max-length 10] [--seed 1] [--save FILE]
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import {
  escapeGaps,
  infill,
  lengthRuleNames,
  lengthRules,
  randomKey,
} from '../../packages/core/dist/index.js';
import { editSimilarity, rougeL } from '../../packages/eval/dist/index.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true },
    spans: { type: 'string', default: '600' },
    'max-length': { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    save: { type: 'string' },
  },
});
const longestSpan = 8;
const wordsAround = 26;
const maxLength = Math.max(longestSpan, Number(values['max-length']));
const count = Number(values.spans);
const model = await loadModel({ lanes: 16 });
const key = randomKey(Number(values.seed));
/** Passes of each model, which candidates share. */
const passes = { mlm: 0, ar: 0 };
for (const [name, method] of [
  ['mlm', 'encode'],
  ['ar', 'extend'],
]) {
  const run = model[name][method].bind(model[name]);
  model[name][method] = (read) => {
    passes[name]++;
    return run(read);
  };
}

/** Words that stand together in a document, of as many tokens as were drawn, and the text around them. */
async function drawSpan(documents, number) {
  const length = 1 + Math.floor(longestSpan * key.uniform(number, 0));
  for (let draw = 1; ; draw += 2) {
    const document = documents[Math.floor(documents.length * key.uniform(number, draw))];
    const words = [...document.matchAll(/\S+/g)];
    const first = Math.floor(words.length * key.uniform(number, draw + 1));
    if (first < 4) continue;
    const from = words[Math.max(0, first - wordsAround)].index;
    const last = words[Math.min(words.length - 1, first + wordsAround)];
    const text = document.slice(from, last.index + last[0].length);
    const start = words[first].index - from;
    const { starts, ends } = await model.vocabulary.tokenize(text, { specialTokens: false });
    const tokensTo = (end) => ends.filter((e, i) => e > start && starts[i] < end).length;
    const end = words
      .slice(first, first + longestSpan)
      .map((word) => word.index + word[0].length - from)
      .find((one) => one < text.length && tokensTo(one) === length);
    if (end === undefined) continue;
    const [before, span, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
    return { length, span, gapped: (marker) => escapeGaps(before) + marker + escapeGaps(after) };
  }
}

async function fill(text) {
  const before = { ...passes, at: performance.now() };
  const filling = infill(model, text, { maxLength });
  let step = await filling.next();
  while (!step.done) step = await filling.next();
  const work = { mlm: passes.mlm - before.mlm, ar: passes.ar - before.ar, ms: performance.now() - before.at };
  return { lengths: step.value.lengths, work };
}

const texts = values.data.map((file) =>
  readFileSync(file, 'utf8')
    .split('<|endoftext|>')
    .filter((document) => document.split(/\s+/).length > 40),
);
const found = [];
for (let i = 0; i < count; i++) {
  const { length, span, gapped } = await drawSpan(texts[i % texts.length], i);
  const told = await fill(gapped(`[MASK*${length}]`));
  const open = await fill(gapped('[MASK*?]'));
  found.push({ length, span, candidates: open.lengths[0].candidates, told: told.work, open: open.work });
}
if (values.save) writeFileSync(values.save, found.map((one) => `${JSON.stringify(one)}\n`).join(''));

const mean = (of) => found.reduce((sum, one) => sum + of(one), 0) / found.length;
const lengths = Array.from({ length: Math.min(maxLength, longestSpan) }, (_, i) => i + 1);
const rateOf = (fixed) => mean(({ length }) => (length === fixed ? 1 : 0));
const likeliest = lengths.reduce((a, b) => (rateOf(b) > rateOf(a) ? b : a));
const best =
  (name, most) =>
  ({ candidates }) =>
    candidates
      .slice(0, most)
      .reduce((a, b) => (lengthRules[name].score(b) > lengthRules[name].score(a) ? b : a)).length;
const rows = [
  ['the true length', ({ length }) => length, 'told'],
  ['always 1', () => 1],
  ['always 4', () => 4],
  [`the likeliest single length (${likeliest})`, () => likeliest],
  ...lengthRuleNames.map((name) => [`1 to ${longestSpan}, by ${name}`, best(name, longestSpan)]),
  [`1 to ${maxLength}, by evidence`, best('evidence', maxLength), 'open'],
];
const lines = rows.map(([name, choose, work]) => {
  const error = (one) => Math.abs(choose(one) - one.length);
  const textOf = (one) => one.candidates[choose(one) - 1].text.trim();
  return [
    name,
    mean((one) => (error(one) === 0 ? 1 : 0)).toFixed(3),
    mean((one) => (error(one) <= 1 ? 1 : 0)).toFixed(3),
    mean(error).toFixed(2),
    mean((one) => editSimilarity(one.span, textOf(one))).toFixed(3),
    mean((one) => rougeL(one.span, textOf(one)).f1).toFixed(3),
    ...(work === undefined
      ? ['', '']
      : [
          `${mean((one) => one[work].mlm).toFixed(1)} MLM, ${mean((one) => one[work].ar).toFixed(1)} AR`,
          mean((one) => one[work].ms).toFixed(0),
        ]),
  ];
});
const head = [
  'length',
  'exact',
  'within one',
  'mean error',
  'edit similarity',
  'ROUGE-L',
  'passes a gap',
  'ms a gap',
];
process.stdout.write(
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join(''),
);
model.dispose();
