// Command line: the table of a pair's perplexities on held-out text. See README.md.
import { parseArgs } from 'node:util';
import { loadModel, type Quantization } from '@maria/checkpoints';
import { readDocuments } from './corpus.js';
import { evaluatePair } from './evaluate-pair.js';

const usage = `Usage: evaluate [--model DIR | --ar DIR --mlm DIR] --data FILE … [--windows N] [--length N] [--rates R,R] [--seed N] [--quantize none|int8|int4]
  Windows of --length tokens (192) are cut from each file's documents, --windows (8) a file, from starts spread evenly.`;

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    ar: { type: 'string' },
    mlm: { type: 'string' },
    data: { type: 'string', multiple: true },
    windows: { type: 'string', default: '8' },
    length: { type: 'string', default: '192' },
    rates: { type: 'string', default: '0.15,0.5,0.9' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string' },
    quantize: { type: 'string', default: 'none' },
    help: { type: 'boolean', default: false },
  },
});

function quantization(name: string): Quantization {
  if (name === 'none' || name === 'int8' || name === 'int4') return name;
  throw new Error(`Cannot hold weights as "${name}": --quantize is none, int8 or int4.`);
}

/** The same windows for every model of one vocabulary: whole documents are cut, none reaches into another. */
async function windowsOf(
  file: string,
  encode: (text: string) => Promise<Int32Array>,
  count: number,
  length: number,
): Promise<Int32Array[]> {
  const documents = await readDocuments(file, encode);
  const cut = documents.flatMap((ids) =>
    Array.from({ length: Math.max(1, Math.floor(ids.length / length)) }, (_, i) =>
      ids.subarray(i * length, (i + 1) * length),
    ),
  );
  const step = Math.max(1, cut.length / count);
  return Array.from({ length: Math.min(count, cut.length) }, (_, i) => cut[Math.floor(i * step)]!);
}

async function main(): Promise<void> {
  if (values.help || !values.data) return void process.stdout.write(`${usage}\n`);
  const { model: folder, ar, mlm } = values;
  const model = await loadModel({
    ...(folder !== undefined && { model: folder }),
    ...(ar !== undefined && { ar }),
    ...(mlm !== undefined && { mlm }),
    ...(values.threads !== undefined && { threads: Number(values.threads) }),
    quantize: quantization(values.quantize),
  });
  const cut = values.data.map((file) =>
    windowsOf(file, model.vocabulary.encode, Number(values.windows), Number(values.length)),
  );
  const windows = (await Promise.all(cut)).flat();
  process.stdout.write('| mask rate | AR alone | MLM alone | fused | tokens |\n|---|---|---|---|---|\n');
  for (const maskRate of values.rates.split(',').map(Number)) {
    const result = await evaluatePair(model, { windows, maskRate, seed: Number(values.seed) });
    const numbers = [result.ar, result.mlm, result.fused].map((x) => x.toFixed(1));
    process.stdout.write(`| ${[maskRate, ...numbers, result.tokens].join(' | ')} |\n`);
  }
  model.dispose();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
