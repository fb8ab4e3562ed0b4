// exact: x itself. What is computed of it stays in float32 where the rest of a program is computed in float16.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireDtype } from './checks.js';

export const exactOp: Op<NoAttributes> = {
  name: 'exact',
  infer: ([x]) => {
    requireDtype('exact', 'float32', x);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], _attributes, { shape, floats }) => {
    const data = floats(x!.data.length);
    data.set(x!.data);
    return { dtype: 'float32', shape, data };
  },
  gradient: (_, upstream) => [upstream],
};

/** x as it is. What else is read beside it further on must not be floats that are computed: they may be in float16. */
export function exact(x: Tensor): Tensor {
  return apply(exactOp, [x], {});
}
