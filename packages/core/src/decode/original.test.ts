// What is masked of a text for scoring.
import { expect, test } from 'vitest';
import { letterModel } from '../anneal/letter-model.test.support.js';
import { originalText } from './original.js';

test('more spans than a text of the model can have are refused before the text is read', async () => {
  const model = letterModel();
  const spans = (count: number) => Array.from({ length: count }, (_, i) => [i, i + 1] as const);
  let texts = 0;
  const counted = {
    ...model,
    vocabulary: {
      ...model.vocabulary,
      encode: () => {
        texts++;
        throw new Error('read');
      },
    },
  };
  const most = 16 * model.mlm.maxLength;
  const text = 'a';
  const given = { specialTokens: false };
  await expect(originalText(counted, { text, spans: spans(most + 1) }, given)).rejects.toMatchObject({
    code: 'span-invalid',
    message: expect.stringContaining(`it has ${most + 1} spans`),
  });
  expect(texts).toBe(0);
  // As many are looked at one by one: the second is not within the text.
  await expect(originalText(counted, { text, spans: spans(most) }, given)).rejects.toThrow('span [1, 2)');
});
