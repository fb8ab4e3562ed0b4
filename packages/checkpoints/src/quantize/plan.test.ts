// Which matrices are quantised: those of linear layers and the token table, along their input axes; columns and views of a matrix.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, input, int32, numberOfElements, ops, trace, weight } from '@maria/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSafetensors } from '../weights/safetensors.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { writeSafetensors } from '../weights/write-safetensors.js';
import { QuantizationPlan } from './plan.js';

const shapes = {
  tokens: [10, 32],
  positions: [8, 32],
  projection: [16, 32],
  conv: [32, 24],
  odd: [16, 24],
  norm: [32],
  sliced: [16, 64],
  unused: [4, 32],
};
let folder: string;
let source: StoredTensors;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'maria-plan-'));
  const tensors = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    data: new Float32Array(numberOfElements(shape)),
  }));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  source = openSafetensors(join(folder, 'model.safetensors'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const w = (name: keyof typeof shapes) => weight(name, shapes[name]);
const axesOf = (plan: QuantizationPlan) =>
  Object.fromEntries(plan.tensors().map(({ name, axis }) => [name, axis]));

it('takes the matrices of linear layers and the table of tokens, along their input axes', () => {
  const ids = input('ids', [1, 'time'], 'int32');
  const positions = ops.embedding(constant(int32([0, 1])), w('positions'));
  const x = ops.layerNorm(ops.add(ops.embedding(ids, w('tokens')), ops.sum(positions)), {
    scale: w('norm'),
    epsilon: 1e-5,
  });
  const y = ops.linear(ops.matmul(x, w('conv')), w('odd'));
  const z = ops.linear(x, w('projection'));
  const plan = new QuantizationPlan(source, 'int4');
  plan.addProgram(trace({ y, z }), source);
  expect(axesOf(plan)).toEqual({
    tokens: 1,
    projection: 1,
    conv: 0,
    // Its input axis is no multiple of a block.
    odd: undefined,
    positions: undefined,
    norm: undefined,
  });
});

it('keeps a matrix that is used in another way too', () => {
  const x = input('x', ['n', 32]);
  const plan = new QuantizationPlan(source, 'int4');
  plan.addProgram(trace({ y: ops.linear(x, w('projection')) }), source);
  plan.addMatrix('projection');
  expect(axesOf(plan)).toEqual({ projection: 1 });
  plan.addProgram(trace({ y: ops.transpose(w('projection'), [1, 0]) }), source);
  expect(axesOf(plan)).toEqual({ projection: undefined });
});

it('takes some columns of a matrix as a part of its own, if they fill blocks', () => {
  const plan = new QuantizationPlan(source, 'int4');
  plan.addMatrix('sliced', [32, 64]);
  expect(plan.tensors()).toEqual([
    { name: 'sliced[32:64]', from: 'sliced', columns: [32, 64], shape: [16, 32], axis: 1 },
  ]);
  plan.addMatrix('sliced', [0, 20]);
  expect(axesOf(plan)).toEqual({ 'sliced[32:64]': 1, sliced: undefined });
});

it('finds the names of the checkpoint behind a view of it', () => {
  const view = { ...source, get: (name: string) => source.get(name.slice(2)) };
  const plan = new QuantizationPlan(source, 'int4');
  plan.addProgram(trace({ y: ops.linear(input('x', ['n', 32]), weight('m.projection', [16, 32])) }), view);
  expect(axesOf(plan)).toEqual({ projection: 1 });
});

it('takes matrices of any size in int8, no table, and an output matrix as a part of its own', () => {
  const ids = input('ids', [1, 'time'], 'int32');
  const x = ops.embedding(ids, w('tokens'));
  const plan = new QuantizationPlan(source, 'int8');
  plan.addProgram(trace({ y: ops.linear(ops.matmul(x, w('conv')), w('odd')) }), source);
  plan.addMatrix('tokens', [0, 32]);
  expect(axesOf(plan)).toEqual({ tokens: undefined, conv: 0, odd: 1, 'tokens[0:32]': 1 });
});
