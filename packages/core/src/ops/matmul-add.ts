// matmulAdd: a product of two matrices added to a third. Backends add while they multiply, so that a sum over many
// products (the gradient of a large matrix) needs the memory of one.
import { formatShape, ShapeError, sameShape } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { type MatmulAttributes, matmul, matmulOp } from './matmul.js';

export const matmulAddOp: Op<MatmulAttributes> = {
  name: 'matmulAdd',
  infer: ([a, b, c], attributes) => {
    requireDtype('matmulAdd', 'float32', a, b, c);
    const product = matmulOp.infer([a!, b!], attributes);
    if (product.shape.length !== 2 || !sameShape(product.shape, c!.shape))
      throw new ShapeError(
        `matmulAdd needs matrices and c of the product's shape ${formatShape(product.shape)}, got ${formatShape(c!.shape)}`,
      );
    return product;
  },
  evaluate: ([a, b, c], attributes, context) => {
    const { data, ...product } = matmulOp.evaluate([a!, b!], attributes, {
      ...context,
      // Rounded once, after the addition.
      floats: (length) => new Float64Array(length),
    });
    const sums = context.floats(data.length);
    for (let i = 0; i < sums.length; i++) sums[i] = data[i]! + c!.data[i]!;
    return { ...product, data: sums };
  },
  gradient: ({ inputs: [a, b], attributes }, upstream) => {
    const product = matmul(a!, b!, attributes);
    return [...matmulOp.gradient!(product as Tensor<MatmulAttributes>, upstream), upstream];
  },
};

/** a [m, k] times b [k, n] plus c [m, n] → [m, n]; `transposeA` and `transposeB` as for matmul. */
export function matmulAdd(
  a: Tensor,
  b: Tensor,
  c: Tensor,
  { transposeA = false, transposeB = false }: Partial<MatmulAttributes> = {},
): Tensor {
  return apply(matmulAddOp, [a, b, c], { transposeA, transposeB });
}
