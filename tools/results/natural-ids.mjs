// Measures how often the ids of a printed text are the ids that were scored: words of a text are masked one at a time and filled.
// node tools/results/natural-ids.mjs --data FILE [--gaps 200] [--temperature 0]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import { infill } from '../../packages/core/dist/index.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    gaps: { type: 'string', default: '200' },
    temperature: { type: 'string', default: '0' },
  },
});
const lines = readFileSync(values.data, 'utf8')
  .split('\n')
  .filter((line) => line.length > 60 && line.length < 400);
const count = Math.min(Number(values.gaps), lines.length);
const model = await loadModel();
let natural = 0;
for (let i = 0; i < count; i++) {
  const line = lines[Math.floor((i * lines.length) / count)];
  const words = [...line.matchAll(/(?<!['’\w])[A-Za-z]+/g)];
  const word = words[(7 * i + 3) % words.length];
  const { starts, ends } = await model.vocabulary.tokenize(line, { specialTokens: false });
  const tokens = starts.filter(
    (start, k) => start < word.index + word[0].length && ends[k] > word.index,
  ).length;
  const marker = tokens === 1 ? '[MASK]' : `[MASK*${tokens}]`;
  const masked = line.slice(0, word.index) + marker + line.slice(word.index + word[0].length);
  for await (const event of infill(model, masked, { temperature: Number(values.temperature), seed: i })) {
    if (event.type !== 'done') continue;
    const read = await model.vocabulary.encode(event.text, { specialTokens: false });
    const same = read.length === event.ids.length && event.ids.every((id, k) => id === read[k]);
    if (same) natural++;
    else process.stderr.write(`${JSON.stringify(masked)}\n  → ${JSON.stringify(event.text)}\n`);
  }
}
process.stdout.write(
  `${natural} of ${count} texts have the ids that were scored (${((100 * natural) / count).toFixed(1)} %)\n`,
);
model.dispose();
