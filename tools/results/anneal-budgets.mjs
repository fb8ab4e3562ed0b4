// Quality against wall-clock: anneals with several time budgets, and draws the generative perplexity of what each has found.
// node tools/results/anneal-budgets.mjs [--length 48] [--budgets 0.25,0.5,1,2,4] [--seeds 8] [--judge-ar DIR --judge-mlm DIR] [--svg FILE]
// Expected: the perplexity falls with the budget, steeply at first. About a minute on two cores with the embedded pair.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lineChartSvg } from '../../packages/charts/dist/index.js';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import { anneal } from '../../packages/core/dist/index.js';
import { generativePerplexity, tokenEntropy } from '../../packages/eval/dist/index.js';

const { values } = parseArgs({
  options: {
    length: { type: 'string', default: '48' },
    budgets: { type: 'string', default: '0.25,0.5,1,2,4' },
    seeds: { type: 'string', default: '8' },
    'judge-ar': { type: 'string' },
    'judge-mlm': { type: 'string' },
    svg: { type: 'string' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const model = await loadModel();
const judge =
  values['judge-ar'] === undefined
    ? model
    : await loadModel({ ar: values['judge-ar'], mlm: values['judge-mlm'] });

/** The shapes of the first run of each kind are compiled before any clock runs. */
for await (const event of anneal(model, { length: Number(values.length), sweeps: 2 })) void event;

const mean = (numbers) => numbers.reduce((total, one) => total + one, 0) / numbers.length;
const points = [];
process.stdout.write(
  '| budget (s) | sweeps | generative perplexity | token entropy (nats) |\n| --- | --- | --- | --- |\n',
);
for (const seconds of values.budgets.split(',').map(Number)) {
  const found = [];
  for (const seed of seeds) {
    let done;
    for await (const event of anneal(model, {
      length: Number(values.length),
      budgetMs: 1000 * seconds,
      seed,
    }))
      if (event.type === 'done') done = event;
    const { perplexity } = await generativePerplexity(judge, done.best.text);
    found.push({ perplexity, sweeps: done.last.sweep + 1, entropy: tokenEntropy(done.best.ids) });
  }
  const of = (field) => mean(found.map((one) => one[field]));
  points.push([seconds, of('perplexity')]);
  const cells = [seconds, of('sweeps').toFixed(1), of('perplexity').toFixed(1), of('entropy').toFixed(2)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
if (values.svg !== undefined) {
  const chart = {
    title: `Quality against time: ${values.length} tokens, mean of ${seeds.length} seeds`,
    x: { label: 'budget (s)', scale: 'log' },
    y: { label: 'generative perplexity' },
    series: [{ name: 'annealing', points }],
  };
  writeFileSync(values.svg, lineChartSvg(chart));
}
if (judge !== model) judge.dispose();
model.dispose();
