// The draft scale of the embedded head on a text: node tools/results/draft-scale.mjs < TEXT, after a build. Prints it for three mask rates, and their mean,
// which models/tiny/config.json has as draft_scale. About 15 s.
import { readFileSync } from 'node:fs';
import { loadModel } from '@maria/checkpoints';
import { featuresOf, fitDraftScale, randomKey } from '@maria/core';

const model = await loadModel();
const ids = await model.vocabulary.encode(readFileSync(0, 'utf8').slice(0, 60000));
const window = 160;
const scales = [];
for (const rate of [0.15, 0.5, 0.9]) {
  const items = Array.from({ length: 24 }, (_, w) => ({
    window: w,
    ids: Int32Array.from(ids.slice(w * window, (w + 1) * window)),
    masked: Array.from({ length: window }, (_, i) => i).filter((i) => randomKey(0, w).uniform(i, 0) < rate),
  }));
  const { ar, mlm } = await featuresOf({ ...model, maskId: model.vocabulary.maskId }, items);
  const half = async (of, hidden) => {
    const { data, columns } = await of(hidden);
    return { rows: hidden.rows, columns, data: data.slice() };
  };
  const pick = (m) => ({
    rows: 320,
    columns: m.columns,
    data: Float32Array.from(
      { length: 320 * m.columns },
      (_, k) => m.data[Math.floor((Math.floor(k / m.columns) * m.rows) / 320) * m.columns + (k % m.columns)],
    ),
  });
  const s = fitDraftScale(
    await half(model.head.arLogits, pick(ar)),
    await half(model.head.mlmLogits, pick(mlm)),
  );
  scales.push(s);
  console.log(rate, s.toFixed(3));
}
console.log('mean', (scales.reduce((a, b) => a + b) / scales.length).toFixed(2));
model.dispose();
