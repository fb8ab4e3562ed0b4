// Transformer parts on arrays of numbers, written apart from the ops: what the families are checked against.
export type Rows = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Each row times W^T plus b; W is [out][in]. */
export const linear = (x: Rows, W: Rows, b?: readonly number[]): number[][] =>
  x.map((row) => W.map((w, i) => dot(row, w) + (b?.[i] ?? 0)));

export const transposed = (W: Rows): number[][] => W[0]!.map((_, i) => W.map((row) => row[i]!));

export const plus = (a: Rows, b: Rows): number[][] => a.map((row, i) => row.map((x, j) => x + b[i]![j]!));

export const times = (a: Rows, b: Rows): number[][] => a.map((row, i) => row.map((x, j) => x * b[i]![j]!));

export const each = (x: Rows, f: (value: number) => number): number[][] => x.map((row) => row.map(f));

/** Columns start .. start + size - 1. */
export const columns = (x: Rows, start: number, size: number): number[][] =>
  x.map((row) => row.slice(start, start + size));

export function layerNorm(
  x: Rows,
  scale: readonly number[],
  bias: readonly number[],
  epsilon: number,
): number[][] {
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * scale[i]! + bias[i]!);
  });
}

export function rmsNorm(x: Rows, scale: readonly number[], epsilon: number): number[][] {
  return x.map((row) => {
    const root = Math.sqrt(row.reduce((a, b) => a + b * b, 0) / row.length + epsilon);
    return row.map((v, i) => (v / root) * scale[i]!);
  });
}

/** Rotates the pairs (i, i + size/2) of each head by position * frequency(i). */
export function rotate(
  x: Rows,
  heads: number,
  size: number,
  frequency: (pair: number) => number,
): number[][] {
  const headSize = x[0]!.length / heads;
  return x.map((row, position) => {
    const result = [...row];
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < size / 2; i++) {
        const [a, b] = [head * headSize + i, head * headSize + i + size / 2];
        // As models do: the frequency is a float32.
        const angle = position * Math.fround(frequency(i));
        result[a] = row[a]! * Math.cos(angle) - row[b]! * Math.sin(angle);
        result[b] = row[b]! * Math.cos(angle) + row[a]! * Math.sin(angle);
      }
    }
    return result;
  });
}

export interface AttentionSettings {
  readonly heads: number;
  readonly kvHeads?: number;
  readonly causal: boolean;
  readonly scale?: number;
  /** Keys that a query sees, its own the last. */
  readonly window?: number | undefined;
}

export function attend(
  q: Rows,
  k: Rows,
  v: Rows,
  { heads, kvHeads = heads, causal, scale, window = k.length }: AttentionSettings,
) {
  const size = q[0]!.length / heads;
  return q.map((query, t) => {
    const visible = causal ? t + 1 : k.length;
    return Array.from({ length: heads }, (_, head) => {
      const at = (row: readonly number[], h: number) => row.slice(h * size, (h + 1) * size);
      const kv = Math.floor(head / (heads / kvHeads));
      const scores = Array.from(
        { length: visible },
        (_, j) => dot(at(query, head), at(k[j]!, kv)) * (scale ?? 1 / Math.sqrt(size)),
      );
      const exponentials = scores.map((s, j) => (j > t - window ? Math.exp(s - Math.max(...scores)) : 0));
      const total = exponentials.reduce((a, b) => a + b, 0);
      return Array.from({ length: size }, (_, i) =>
        exponentials.reduce((sum, e, j) => sum + (e / total) * v[j]![kv * size + i]!, 0),
      );
    }).flat();
  });
}

export const silu = (x: number) => x / (1 + Math.exp(-x));

export const geluTanh = (x: number) =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** x Φ(x), with Φ from the Taylor series of erf: exact enough for the |x| < 6 of these tests. */
export function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let term = z;
  let sum = z;
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}
