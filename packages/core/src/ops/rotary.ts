// rotary: rotary position embedding in its half-split (NeoX) form, over all or the first part of each head.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype, requireNumber, requireRank } from './checks.js';
import { negate } from './elementwise.js';

export interface RotaryAttributes {
  readonly heads: number;
  readonly headSize: number;
  /** Elements at the start of each head that are rotated; the rest pass unchanged. */
  readonly rotarySize: number;
}

export const rotaryOp: Op<RotaryAttributes> = {
  name: 'rotary',
  infer: ([x, cos, sin], { heads, headSize, rotarySize }) => {
    requireDtype('rotary', 'float32', x, cos, sin);
    requireRank('rotary', 'x', x!, 3, '[batch, time, heads*headSize]');
    if (x!.shape[2] !== heads * headSize || !Number.isInteger(headSize))
      throw new ShapeError(`rotary needs a width that ${heads} heads divide, got ${formatShape(x!.shape)}`);
    if (rotarySize > headSize)
      throw new ShapeError(`rotary needs rotarySize <= headSize, got ${rotarySize} and ${headSize}`);
    for (const [name, table] of [['cos', cos!] as const, ['sin', sin!] as const])
      if (table.shape.length !== 2 || table.shape[0] !== x!.shape[1] || table.shape[1] !== rotarySize / 2)
        throw new ShapeError(
          `rotary needs ${name} ${formatShape([x!.shape[1]!, rotarySize / 2])}, got ${formatShape(table.shape)}`,
        );
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x, cos, sin], { heads, headSize, rotarySize }, { shape, floats }) => {
    const [batch, time] = shape as [number, number, number];
    const half = rotarySize / 2;
    const data = floats(x!.data.length);
    data.set(x!.data);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < time; t++) {
        for (let head = 0; head < heads; head++) {
          const start = ((b * time + t) * heads + head) * headSize;
          for (let i = 0; i < half; i++) {
            const first = x!.data[start + i]!;
            const second = x!.data[start + half + i]!;
            const c = cos!.data[t * half + i]!;
            const s = sin!.data[t * half + i]!;
            data[start + i] = first * c - second * s;
            data[start + half + i] = second * c + first * s;
          }
        }
      }
    }
    return { dtype: 'float32', shape, data };
  },
  // The inverse rotation. cos and sin are tables of positions, not learned: they get no gradient.
  gradient: ({ inputs: [, cos, sin], attributes }, upstream) => [
    apply(rotaryOp, [upstream, cos!, negate(sin!)], attributes),
    null,
    null,
  ],
};

/**
 * x [batch, time, heads*headSize] with the pairs (i, i + rotarySize/2) of each head rotated by the angles of its position;
 * cos and sin [time, rotarySize/2]. RoFormer, arXiv 2104.09864.
 */
export function rotary(x: Tensor, cos: Tensor, sin: Tensor, { heads }: { heads: number }): Tensor {
  const headSize = requireNumber('rotary', 'the width of x', x.shape.at(-1)) / heads;
  const rotarySize = 2 * requireNumber('rotary', 'the width of cos', cos.shape.at(-1));
  return apply(rotaryOp, [x, cos, sin], { heads, headSize, rotarySize });
}
