// The index has every op of this folder, and every op a gradient, unless it is known why not.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Op } from '../tensor/tensor.js';
import * as index from './index.js';

const isOp = (value: unknown): value is Op => typeof value === 'object' && value !== null && 'infer' in value;
const ops = Object.values(index).filter(isOp);

const withoutGradient: Readonly<Record<string, string>> = {
  lessOrEqual: 'its result is bool',
  equal: 'its result is bool',
  range: 'it has no input',
  oneHot: 'its input is ids',
  largest: 'its result is ids',
  pick: 'nothing is trained through a choice',
  softmaxError: 'it is a gradient, and nothing is trained by second ones',
  laneAttention: 'training does without a cache',
  packedAttention: 'training reads batches of one length',
};

it('has every op of this folder', async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => !/\.test\./.test(file));
  const modules = await Promise.all(files.map((file) => import(join(import.meta.dirname, file))));
  const defined = modules.flatMap((module) => Object.values(module as object).filter(isOp));
  const namesOf = (some: readonly Op[]) => [...new Set(some)].map(({ name }) => name).sort();
  expect(namesOf(ops)).toEqual(namesOf(defined));
});

it('has one op of each name', () => {
  expect(new Set(ops.map(({ name }) => name)).size).toBe(ops.length);
});

it.each(ops.map((op) => [op.name, op] as const))('%s has a gradient, or a reason', (name, op) => {
  expect(op.gradient === undefined).toBe(name in withoutGradient);
});
