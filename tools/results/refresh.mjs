// Perplexity of held-out text, and what a filled token takes, where the MLM reads again after K tokens: the embedded head, the product of its
// two models, and heads that were trained so.
// node tools/results/refresh.mjs [--head NAME=DIR …] [--windows N] [--fills N] < TEXT
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import { infill, logLikelihoods, randomKey } from '../../packages/core/dist/index.js';

const { values } = parseArgs({
  options: {
    head: { type: 'string', multiple: true, default: [] },
    windows: { type: 'string', default: '24' },
    fills: { type: 'string', default: '4' },
  },
});
const window = 160;
const rates = [0.15, 0.5, 0.9];
const refreshes = ['off', 16, 4, 1];

const embedded = await loadModel({ threads: 1 });
const heads = [];
for (const given of values.head) {
  const [, name, model] = /^(.*)=(.*)$/.exec(given);
  heads.push([name, await loadModel({ model, threads: 1 })]);
}
const systems = [['trained head', embedded], ['product of experts', productOf(embedded)], ...heads];
const ids = Int32Array.from(await embedded.vocabulary.encode((await text(process.stdin)).slice(0, 200_000)));
const positions = Array.from({ length: window }, (_, i) => i);
const write = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

write(['', ...refreshes.map((refresh) => (typeof refresh === 'number' ? `K = ${refresh}` : refresh))]);
write(['---', ...refreshes.map(() => '---')]);
for (const [name, model] of systems) {
  for (const rate of rates) {
    const cells = [];
    for (const refresh of refreshes) {
      const ms = await cpuPerToken(model, rate, refresh);
      cells.push(`${(await perplexity(model, rate, refresh)).toFixed(2)} (${ms.toFixed(1)})`);
    }
    write([`${name}, ${rate}`, ...cells]);
  }
}
for (const model of [embedded, ...heads.map(([, model]) => model)]) model.dispose();

function item(at, rate) {
  return {
    ids: ids.slice(at * window, (at + 1) * window),
    masked: positions.filter((i) => randomKey(0, at).uniform(i, 0) < rate),
  };
}

/** Of the original tokens, exact chains. */
async function perplexity(model, rate, refresh) {
  let nats = 0;
  let tokens = 0;
  for (let at = 0; at < Number(values.windows); at++) {
    const { ids, masked } = item(at, rate);
    const perToken = await logLikelihoods(model, ids, masked, { refresh });
    nats -= perToken.reduce((a, b) => a + b, 0);
    tokens += perToken.length;
  }
  return Math.exp(nats / tokens);
}

/** Milliseconds of the processor for each token, filled one after the other at temperature 1, on one thread. */
async function cpuPerToken(model, rate, refresh) {
  let tokens = 0;
  const before = process.cpuUsage();
  for (let at = 0; at < Number(values.fills); at++) {
    const { ids, masked } = item(at, rate);
    for (const position of masked) ids[position] = model.vocabulary.maskId;
    for await (const event of infill(model, ids, { temperature: 1, record: at, refresh }))
      if (event.type === 'gap-filled') tokens++;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / tokens;
}

/** The head of an untrained pair: the mean of what the two models say alone. */
function productOf({ draftScale: _, ...model }) {
  const half = (expert) => async (hidden) => {
    const logits = await expert.logits(hidden);
    return { ...logits, data: logits.data.map((value) => value / 2) };
  };
  return { ...model, head: { arLogits: half(model.experts.ar), mlmLogits: half(model.experts.mlm) } };
}
