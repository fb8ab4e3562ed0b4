// Shapes with symbolic lengths: a dimension is a number, or a name such as "time" bound at run time.

/** A length known when the program is traced, or a name (or a product of names, "batch*time") bound when it runs. */
export type Dim = number | string;
export type Shape = readonly Dim[];
/** Values of the names, for one run. */
export type DimBindings = Readonly<Record<string, number>>;

export class ShapeError extends Error {
  override name = 'ShapeError';
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Number of elements of a concrete shape; 1 for a scalar. */
export function numberOfElements(shape: readonly number[]): number {
  let n = 1;
  for (const dim of shape) n *= dim;
  return n;
}

/** Product of dimensions; names are sorted, so the same product has one spelling ("batch*time"). */
export function multiplyDims(...dims: Dim[]): Dim {
  let factor = 1;
  const names: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') {
      factor *= dim;
      continue;
    }
    for (const part of dim.split('*')) {
      if (/^\d+$/.test(part)) factor *= Number(part);
      else names.push(part);
    }
  }
  if (names.length === 0 || factor === 0) return factor;
  names.sort();
  return (factor === 1 ? names : [String(factor), ...names]).join('*');
}

export function productOfShape(shape: Shape): Dim {
  return multiplyDims(...shape);
}

/** The concrete length of a dimension under bindings. @throws ShapeError if a name is unbound. */
export function resolveDim(dim: Dim, bindings: DimBindings): number {
  if (typeof dim === 'number') return dim;
  const alone = bindings[dim];
  if (alone !== undefined) return alone;
  let n = 1;
  for (const part of dim.split('*')) {
    const value = /^\d+$/.test(part) ? Number(part) : bindings[part];
    if (value === undefined) throw new ShapeError(`dimension "${part}" has no value`);
    n *= value;
  }
  return n;
}

export function resolveShape(shape: Shape, bindings: DimBindings): number[] {
  return shape.map((dim) => resolveDim(dim, bindings));
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** NumPy broadcasting of two shapes. Names broadcast with 1 and with themselves. @throws ShapeError */
export function broadcastShapes(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - (rank - a.length)] ?? 1;
    const y = b[i - (rank - b.length)] ?? 1;
    if (x === y || y === 1) result.push(x);
    else if (x === 1) result.push(y);
    else
      throw new ShapeError(
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${x} and ${y} differ`,
      );
  }
  return result;
}

/** An axis counted from the end if negative, as an index from the start. @throws ShapeError */
export function normalizeAxis(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(index) || index < 0 || index >= rank)
    throw new ShapeError(`axis ${axis} is outside a tensor of rank ${rank}`);
  return index;
}

/** Row-major strides of a concrete shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/**
 * Binds the names of `shape` to the lengths of a concrete shape, into `bindings`.
 * Products ("batch*time") are checked once their names are bound. @throws ShapeError
 */
export function bindShape(
  what: string,
  shape: Shape,
  actual: readonly number[],
  bindings: Record<string, number>,
): void {
  const fail = () => {
    throw new ShapeError(`${what} has shape ${formatShape(actual)}, expected ${formatShape(shape)}`);
  };
  if (shape.length !== actual.length) fail();
  shape.forEach((dim, i) => {
    const length = actual[i]!;
    if (typeof dim === 'string' && !dim.includes('*')) {
      bindings[dim] ??= length;
      if (bindings[dim] !== length)
        throw new ShapeError(`${what} has ${dim} = ${length}, but ${dim} is ${bindings[dim]} elsewhere`);
    } else if (typeof dim === 'number' && dim !== length) fail();
  });
}
