// Measures annealing on the embedded pair over seeds and prints the table of docs/results.md: first sweep against last.
// node tools/results/anneal.mjs [--length 48] [--sweeps 16] [--seeds 20] [--mask-rate SCHEDULE] [--temperature SCHEDULE]
import { parseArgs } from 'node:util';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import { anneal, parseSchedule } from '../../packages/core/dist/index.js';
import { distinctN, generativePerplexity, tokenEntropy } from '../../packages/eval/dist/index.js';

const { values } = parseArgs({
  options: {
    length: { type: 'string', default: '48' },
    sweeps: { type: 'string', default: '16' },
    seeds: { type: 'string', default: '20' },
    'mask-rate': { type: 'string', default: 'cosine:0.9:0.1' },
    temperature: { type: 'string', default: '1:0.5' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const options = {
  length: Number(values.length),
  sweeps: Number(values.sweeps),
  maskRate: parseSchedule(values['mask-rate'], 'mask rate', { least: 0, most: 1 }),
  temperature: parseSchedule(values.temperature, 'temperature', { least: 0, most: 100 }),
};

const model = await loadModel();
const measures = [
  ['energy (nats)', ({ energy }) => energy, 1],
  ['generative perplexity', async ({ text }) => (await generativePerplexity(model, text)).perplexity, 1],
  ['token entropy (nats)', ({ ids }) => tokenEntropy(ids), 2],
  ['distinct-2', ({ ids }) => distinctN(ids, 2), 2],
];

const runs = [];
for (const seed of seeds) {
  const sweeps = [];
  for await (const event of anneal(model, { ...options, seed }))
    if (event.type === 'sweep-end') sweeps.push(event);
  const ends = [];
  for (const sweep of [sweeps[0], sweeps.at(-1)]) {
    const row = [];
    for (const [, measure] of measures) row.push(await measure(sweep));
    ends.push(row);
  }
  runs.push(ends);
}
model.dispose();

const mean = (numbers) => numbers.reduce((total, one) => total + one, 0) / numbers.length;
const lines = [
  '| mean over seeds | first sweep | last sweep | seeds in which it is lower at the end |',
  '| --- | --- | --- | --- |',
  ...measures.map(([name, , digits], i) => {
    const [first, last] = [0, 1].map((end) => mean(runs.map((ends) => ends[end][i])).toFixed(digits));
    const lower = runs.filter(([before, after]) => after[i] < before[i]).length;
    return `| ${name} | ${first} | ${last} | ${lower} of ${runs.length} |`;
  }),
];
process.stdout.write(`${lines.join('\n')}\n`);
