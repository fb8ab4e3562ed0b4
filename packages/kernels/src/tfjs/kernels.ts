// The kernels of all ops, by name.
import type { Kernel } from './kernel.js';
import { activations } from './ops/activations.js';
import { attention } from './ops/attention.js';
import { elementwise } from './ops/elementwise.js';
import { matmul } from './ops/matmul.js';
import { normalization } from './ops/normalization.js';
import { reduce } from './ops/reduce.js';
import { rotary } from './ops/rotary.js';
import { rows } from './ops/rows.js';
import { shape } from './ops/shape.js';
import { softmax } from './ops/softmax.js';

/** `laneAttention` and `packedAttention` are not among them: the executable knows the sequences of a run, and holds state. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [
    ...activations,
    ...attention,
    ...elementwise,
    ...matmul,
    ...normalization,
    ...reduce,
    ...rotary,
    ...rows,
    ...shape,
    ...softmax,
  ].map((entry) => [entry.op, entry]),
);
