// The three steps of confidence.
import { expect, test } from 'vitest';
import { confidenceLevel } from './confidence.js';

test('the steps begin at a half and a tenth', () => {
  expect([1, 0.5, 0.49, 0.1, 0.09, 0].map(confidenceLevel)).toEqual([
    'high',
    'high',
    'middle',
    'middle',
    'low',
    'low',
  ]);
});
