// Every op that core defines can be computed.
import { ops } from '@maria/core';
import { expect, it } from 'vitest';
import { kernels } from './kernels.js';

it('covers all ops of core', () => {
  const names = Object.entries(ops).flatMap(([key, op]) =>
    key.endsWith('Op') && typeof op === 'object' && 'name' in op ? [op.name] : [],
  );
  expect(names).toContain('matmul');
  expect([...kernels.keys(), ops.laneAttentionOp.name, ops.packedAttentionOp.name].sort()).toEqual(
    names.sort(),
  );
});
