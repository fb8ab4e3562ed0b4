// Measures what a step of training a head takes for pairs of Ettin's shapes, on random weights: CPU time of one thread, and memory.
// node tools/heads/cost.mjs TEXT BATCH SIZE...      for example: node tools/heads/cost.mjs story.txt 16 17m 150m
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedFolder } from '../../packages/checkpoints/dist/index.js';
import { parsePairShape, randomPair } from '../../packages/eval/dist/bench/index.js';
import { estimateTraining, fileSource, openTraining } from '../../packages/training/dist/index.js';

const [text, batch, ...sizes] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'maria-cost-'));

/** The weights of one model with a tokenizer that reads text: that of the embedded pair. What a step takes does not depend on the ids. */
function readable(folder, part) {
  const own = join(scratch, `${part}-${folder.split('/').at(-1)}`);
  mkdirSync(own);
  for (const file of ['config.json', 'model.safetensors']) symlinkSync(join(folder, file), join(own, file));
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(embeddedFolder(), part, file), join(own, file));
  return own;
}

try {
  for (const size of sizes) {
    const pair = await randomPair(parsePairShape(`ettin-decoder-${size}+ettin-encoder-${size}`));
    const run = await openTraining({
      ar: readable(pair.ar, 'ar'),
      mlm: readable(pair.mlm, 'mlm'),
      out: join(scratch, 'out'),
      data: [fileSource(text)],
      settings: { steps: 3, batch: Number(batch), window: 256 },
      isDry: true,
      threads: 1,
    });
    const clock = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    const { stepMs } = await estimateTraining(run, { clock });
    const { head, memory, tokens, windows } = run.plan;
    run.dispose();
    const read = Math.round((Number(batch) * tokens) / windows);
    const bytes = Object.values(memory).reduce((sum, part) => sum + part, 0);
    const line = [
      `ettin-${size}: head ${head.vocabularySize} x (${head.ar} + ${head.mlm})`,
      `${(stepMs / 1000).toFixed(1)} s of CPU for a step of ${read} tokens`,
      `${((stepMs * 1e6) / read / 3.6e6).toFixed(1)} hours for a million tokens`,
      `memory ${(bytes / 2 ** 30).toFixed(2)} GiB by plan`,
      `load ${loadavg()[0].toFixed(1)}`,
    ];
    process.stdout.write(`${line.join('; ')}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
