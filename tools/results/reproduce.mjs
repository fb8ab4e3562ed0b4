// The comparison of docs/results.md, from a clone and without a network: runs, tables and charts of the embedded pair and the small denoiser.
// node tools/results/reproduce.mjs [--quick] [--out runs/comparison] [--docs docs] [--only NAME]
// Expected: about 8 minutes on two cores with nothing else running; a stopped one goes on. --quick: small figures that say nothing, in about a minute.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lineChartSvg } from '../../packages/charts/dist/index.js';
import * as evaluations from '../../packages/eval/dist/index.js';
import { publishedSection } from './published.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: 'runs/comparison' },
    docs: { type: 'string', default: 'docs' },
    // One part, and no docs: those that tell of time want a quiet machine.
    only: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const [out, docs] = [resolve(values.out), resolve(values.docs)];
const [stories, tales] = ['stories.txt', 'tales.txt'].map((name) => `tools/results/text/${name}`);
const tiny = 'models/tiny-denoiser';
const systems = (...names) => names.flatMap((name) => ['--system', name]);
const choose = (full, quick) => String(values.quick ? quick : full);
/** One token after the other, several at once, and what is trained: the bound. */
const exact = `denoiser=${tiny},sampler=low-confidence`;
const inSteps = `denoiser-16=${tiny},sampler=low-confidence,steps=16`;
const bound = `denoiser-bound=${tiny},sampler=ddpm`;
const ofMlm = 'mlm-bound=models/tiny/mlm,sampler=ddpm';
const windows = ['--data', stories, '--windows', '1', '--words', choose(64, 24)];

/** Each part's command, in its folder of --out. */
const parts = {
  perplexity: [
    ...['eval', 'perplexity', ...windows, '--documents', choose(24, 2)],
    ...['--mask-rate', choose('0.15,0.3,0.5,0.7,0.9', '0.3,0.9')],
    ...systems('maria', 'product', 'ar', 'mlm', exact, inSteps, bound, ofMlm),
  ],
  heads: [
    ...['train', '--ar', 'models/tiny/ar', '--mlm', 'models/tiny/mlm', '--compare-init'],
    ...[
      '--data',
      'tools/results/text/training.txt.zst',
      '--eval-data',
      stories,
      '--eval-windows',
      choose(16, 2),
    ],
    ...['--window', '128', '--batch', choose(8, 2), '--lr', '1e-3', '--warmup', '10'],
    ...['--steps', choose(80, 2), '--eval-every', choose(10, 1)],
  ],
  speed: [
    ...['eval', 'throughput', '--data', tales, '--lengths', choose('32,64,128,192', '16,32'), '--batch', '1'],
    ...['--texts', '1', '--repetitions', choose(3, 1), ...systems('maria', 'ar', 'mlm', exact, inSteps)],
  ],
  fills: [
    ...['eval', 'infill', ...windows, '--documents', choose(40, 2), '--mask', 'words', '--mask-rate', '0.5'],
    ...systems('maria', 'product', 'ar', 'mlm', exact, inSteps),
  ],
  judged: [
    ...['eval', 'judge', join(out, 'fills')],
    ...['--judge-command', `node tools/results/judge-by-original.mjs "${join(out, 'fills')}"`],
  ],
  generated: [
    ...['eval', 'anneal', '--length', choose(64, 16), '--budgets', choose('1,4,16,64', '1,4')],
    ...['--samples', choose(4, 2), '--denoiser', tiny],
    ...systems('anneal', 'maria', 'ar', 'ddpm', 'low-confidence'),
  ],
};

/** Nobody's settings: not those of the environment, and of no file. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^MARIA_(?!CACHE$)/.test(name)),
);

function run(name) {
  const folder = join(out, name);
  // Evaluations go on by themselves; a training is told to, and has nothing to do where its figure is drawn.
  if (name === 'heads' && existsSync(join(folder, 'figure-2.svg'))) return;
  const resume = name === 'heads' && existsSync(join(folder, 'product')) ? ['--resume'] : [];
  process.stderr.write(`${name}:\n`);
  const started = performance.now();
  const { status, signal } = spawnSync(
    process.execPath,
    ['packages/cli/bin/run.js', ...parts[name], ...resume, '--out', folder],
    { cwd: root, env: { ...env, MARIA_CONFIG: '' }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) {
    process.stderr.write(`Stopped in ${name}${signal ? ` by ${signal}` : ''}. The same command goes on.\n`);
    process.exit(status ?? 1);
  }
  process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

const readJson = (...path) => JSON.parse(readFileSync(join(out, ...path), 'utf8'));
const summaryOf = (name) => readJson(name, 'summary.json');
const shown = ({ caption, ...table }) => `${caption}:\n\n${evaluations.tableMarkdown(table)}`;
const machineOf = (name) => evaluations.formatMachine(readJson(name, 'config.json').environment.machine);

/** The charts of a run, as its report has them, or one of our own, beside the docs. */
function chart(
  name,
  svg = evaluations.joinRuns([join(out, name)]).sections.flatMap((s) => s.charts ?? [])[0],
) {
  writeFileSync(join(docs, `comparison-${name}.svg`), svg);
  return `comparison-${name}.svg`;
}

/** Held-out loss over steps of both heads. */
function heads() {
  const inits = ['product', 'random'];
  const losses = inits.map((init) =>
    readFileSync(join(out, 'heads', init, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ evalLoss }) => evalLoss !== undefined),
  );
  const steps = losses[0].map(({ step }) => step);
  const right = (name) => ({ name, align: 'right' });
  const table = {
    columns: [{ name: 'head begins as' }, ...steps.map((step) => right(`step ${step}`))],
    rows: inits.map((init, i) => [init, ...losses[i].map(({ evalLoss }) => evalLoss.toFixed(3))]),
  };
  const svg = lineChartSvg({
    title: 'Initial values of the head',
    x: { label: 'step' },
    y: { label: 'held-out loss (nats)', scale: 'log' },
    series: inits.map((name, i) => ({
      name,
      points: losses[i].map(({ step, evalLoss }) => [step, evalLoss]),
    })),
  });
  return { table: evaluations.tableMarkdown(table), chart: chart('heads', svg) };
}

async function section() {
  const losses = evaluations.perplexityTables(summaryOf('perplexity'));
  const compared = heads();
  const fills = summaryOf('fills');
  const judged = summaryOf('judged');
  const quick = values.quick ? ' **These are of `--quick`, and say nothing.**' : '';
  return `## Comparison

The embedded pair against each of its models and against discrete diffusion, at the scale of [models/tiny](../models/tiny/README.md): what
the MARIA paper (arXiv 2502.06901) shows in its figures 2 to 5, with models of some million parameters. It tells whether the machinery works, and nothing
about published models.${quick} From a fresh clone, after \`npm ci\`, without a network:

\`\`\`sh
node tools/results/reproduce.mjs
\`\`\`

The text is in [tools/results/text](../tools/results/text/README.md): stories and tales that no model was trained on. The denoiser is
[models/tiny-denoiser](../models/tiny-denoiser/README.md), the embedded MLM trained on at all mask rates. **So short a training made
it no better than that MLM**, which had nearly all of them (\`mlm-bound\` beside \`denoiser-bound\`): longer training may. Seeds are 0 everywhere. Brackets hold the
middle 95 % of a bootstrap over documents, or of times the slowest and fastest run. maria ${readJson('perplexity', 'config.json').environment.maria}.

### Masked infilling perplexity

Windows of ${choose(64, 24)} words of ${choose(24, 2)} stories, words masked one by one, the same for all. \`maria\`, \`product\`, \`ar\` and \`mlm\` are exact, from left to right.
\`denoiser\` is exact in the order of its sampler (DUEL, low confidence), one token a step; \`denoiser-16\` the same in at most 16 steps, with several tokens in each
that do not see each other. \`denoiser-bound\` is the bound that denoisers are trained on (16 draws), \`mlm-bound\` that of the embedded MLM, as it
was before it was trained on.

${losses.map(shown).join('\n\n')}

![Loss over mask rate](${chart('perplexity')})

### Figure 2: where the head begins

Two heads of the embedded models, from the product of experts and from random values, ${choose(80, 2)} steps of ${choose(8, 2)} windows of 128 tokens, mask rates from 0 to 1. Held-out
loss a masked token. The text that they learn from (\`training.txt.zst\`) is a part of what the two models were trained on. So few steps on so little text
show how far random values are behind; the product gains nothing in them (the shipped head took 2,600 steps, and more text).

${compared.table}

![Held-out loss over steps](${compared.chart})

### Figure 3: throughput

Tales with half of the words masked, one text at a time (\`--batch 1\`), the most probable token each time. Chosen tokens a second; \`denoiser\` fills one token a step.
Measured on ${machineOf('speed')}. The load is that of the parts before.

${evaluations.throughputTables(summaryOf('speed')).map(shown).join('\n\n')}

![Throughput over the length of the text](${chart('speed')})

### Figure 4: judged fills

Stories of ${choose(64, 24)} words with half of the words masked, filled greedily with as many tokens as the original has. The paper lets GPT-4o mini judge. **Here no language model judges**: of two
versions the one that is nearer to the original, by edit similarity of characters, wins (\`judge-by-original.mjs\`). Such a judge knows one right
answer: a fill that reads as well and says something else loses. Ratings are Bradley-Terry on the ELO scale, mean 1000, ${judged.prior} wins given each way to every pair.

${evaluations.judgeTables(judged).map(shown).join('\n\n')}

![Ratings](${chart('judged')})

The same fills by other measures; generative perplexity and entropy are of whole texts under the AR model of the pair, which favours what it wrote itself:

${evaluations
  .infillTables(fills)
  .slice(0, 2)
  .map(({ caption, ...table }) => shown({ ...table, caption: caption.replace(/^.*masked: /, '') }))
  .join('\n\n')}

With a real judge, on the same fills:

\`\`\`sh
OPENAI_API_KEY=… maria eval judge runs/comparison/fills --judge-model gpt-4o-mini --out runs/comparison/judged-by-model
\`\`\`

### Figure 5: annealing against diffusion samplers

${choose(4, 2)} texts of ${choose(64, 16)} tokens from nothing: annealing with so many sweeps, the denoiser with so many steps (\`ddpm\`, which draws, and \`low-confidence\`), and the fused pair and its
AR model once from left to right. **The judge is the AR model of the pair, whose likelihood annealing raises on purpose**, so compare budgets,
and read perplexity with entropy: text that repeats itself is probable. Measured on ${machineOf('generated')}. The load is that of the parts before.

${evaluations.generateTables(summaryOf('generated')).map(shown).join('\n\n')}

![Perplexity and entropy over time](${chart('generated')})

### Published checkpoints

Not run here: there was no network. What each takes, reckoned from its published shape by the sum that maria makes before it loads a model
(a text of 1024 tokens, one at a time, for the pair a KV cache of 2048 tokens), and its commands. Disk is what the Hub lists, or the parameters in 16 bits; SEDD's file is converted once, and
quantised copies take about a byte (int8) or 0.6 bytes (int4) a parameter more. \`olmo-1b\` is an untrained product of experts until a head is trained for it
([training.md](training.md)). \`maria eval infill\`, \`throughput\` and \`anneal\` take the same systems for the other figures.

\`\`\`sh
node tools/results/published.mjs
\`\`\`

${await publishedSection()}`;
}

const [begin, end] = [
  '<!-- begin of tools/results/reproduce.mjs -->',
  '<!-- end of tools/results/reproduce.mjs -->',
];

/** In place of what stands between the marks, or at the end. */
function writeSection(text) {
  const file = join(docs, 'results.md');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Results\n';
  const marked = `${begin}\n${text}\n${end}`;
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const after =
    from === -1 ? `${before}\n${marked}\n` : before.slice(0, from) + marked + before.slice(to + end.length);
  writeFileSync(file, after);
}

if (values.only !== undefined && !Object.hasOwn(parts, values.only)) {
  process.stderr.write(`There is no part ${values.only}: ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}
mkdirSync(out, { recursive: true });
for (const name of values.only === undefined ? Object.keys(parts) : [values.only]) run(name);
if (values.only === undefined) {
  mkdirSync(docs, { recursive: true });
  writeSection(await section());
  process.stderr.write(`Written to ${join(docs, 'results.md')}\n`);
}
