// The embedded model is what its card says: a trained head that beats the product of its pair, in small files.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedFolder, loadModel } from '@maria/checkpoints';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluatePair, type Perplexities } from './evaluate-pair.js';

const tiny = embeddedFolder();

/** Written for this test, so that no model has seen it. */
const stories = [
  `Nina had a small red kite. One windy morning she took it to the hill behind her house. "Fly, kite, fly!" she said, and she ran as fast as she could. The kite went up and up, but then the string broke. Nina began to cry. An old man who was sitting under a tree saw it all. He walked slowly to the river, found the kite in the grass, and gave it back to her. "Thank you," said Nina. "Would you like to fly it with me?" The old man smiled. He had not played with a kite since he was a boy.`,
  `The farmer woke up early because the dog would not stop barking. It was still dark, and rain was falling on the roof. He put on his coat, took a lamp from the table, and opened the door. There, in the middle of the yard, stood a little brown donkey that he had never seen before. It was wet and very tired. The farmer gave it some hay and a dry place to sleep. In the morning he asked all his neighbours, but nobody knew where the donkey came from, so he kept it, and they worked together for many years.`,
  `Water moves around the world all the time. The sun warms the sea, and some of the water goes up into the air. High in the sky it gets cold and becomes clouds. When the clouds are heavy, the water comes down again as rain or snow. It runs into streams and rivers, and the rivers carry it back to the sea. People need clean water to drink and to grow food. In many towns it is kept in large lakes behind a wall, and pipes bring it to the houses.`,
];

describe('the embedded model', () => {
  const rates = [0.15, 0.5, 0.9];
  const measured: Record<'product' | 'head', Perplexities[]> = { product: [], head: [] };
  beforeAll(async () => {
    const pair = { ar: join(tiny, 'ar'), mlm: join(tiny, 'mlm') };
    for (const [kind, options] of [['product', pair] as const, ['head', {}] as const]) {
      const model = await loadModel(options);
      const windows = await Promise.all(stories.map((story) => model.vocabulary.encode(story)));
      for (const maskRate of rates)
        measured[kind].push(await evaluatePair(model, { windows, maskRate, seed: 1 }));
      model.dispose();
    }
  });

  it('has a head that beats the product of experts at each mask rate', () => {
    rates.forEach((_, i) => {
      expect(measured.head[i]!.fused).toBeLessThan(measured.product[i]!.fused);
    });
  });

  it('knows more than the AR model alone where there is something to see', () => {
    for (const i of [0, 1]) {
      expect(measured.head[i]!.fused).toBeLessThan(measured.head[i]!.ar);
      expect(measured.product[i]!.fused).toBeLessThan(measured.product[i]!.ar);
    }
  });

  it('has the same pair beneath', () => {
    for (const kind of ['ar', 'mlm'] as const)
      expect(measured.head.map((result) => result[kind])).toEqual(
        measured.product.map((result) => result[kind]),
      );
  });

  it('has weights of less than 40 MB', () => {
    const files = ['ar/model.safetensors', 'mlm/model.safetensors', 'head.safetensors'];
    expect(files.reduce((bytes, file) => bytes + statSync(join(tiny, file)).size, 0)).toBeLessThan(40e6);
  });
});
