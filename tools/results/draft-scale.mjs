// Measures the draft scale of the embedded head on a text, for three mask rates, and their mean: draft_scale in models/tiny/config.json.
// node tools/results/draft-scale.mjs < TEXT
import { text } from 'node:stream/consumers';
import { loadModel } from '../../packages/checkpoints/dist/index.js';
import { featuresOf, fitDraftScale, randomKey, row } from '../../packages/core/dist/index.js';

const [window, windows, tokens] = [160, 24, 320];

const model = await loadModel();
const ids = Int32Array.from(await model.vocabulary.encode((await text(process.stdin)).slice(0, 60_000)));
const backbones = { ...model, maskId: model.vocabulary.maskId };
const positions = Array.from({ length: window }, (_, i) => i);

/** Some rows of all, evenly. */
function spread(matrix) {
  const data = new Float32Array(tokens * matrix.columns);
  for (let i = 0; i < tokens; i++)
    data.set(row(matrix, Math.floor((i * matrix.rows) / tokens)), i * matrix.columns);
  return { rows: tokens, columns: matrix.columns, data };
}

let sum = 0;
for (const rate of [0.15, 0.5, 0.9]) {
  const items = Array.from({ length: windows }, (_, at) => ({
    window: at,
    ids: ids.subarray(at * window, (at + 1) * window),
    masked: positions.filter((i) => randomKey(0, at).uniform(i, 0) < rate),
  }));
  const { ar, mlm } = await featuresOf(backbones, items);
  const arHalf = await model.head.arLogits(spread(ar));
  const scale = await fitDraftScale(arHalf, await model.head.mlmLogits(spread(mlm)));
  sum += scale;
  process.stdout.write(`${rate}: ${scale.toFixed(3)}\n`);
}
process.stdout.write(`mean: ${(sum / 3).toFixed(2)}\n`);
model.dispose();
