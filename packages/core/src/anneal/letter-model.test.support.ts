// A model over the letters a to h for tests: fixed tables in place of networks, so that every probability can be worked out.
import type { ModelWith, PartName } from '../maria/model.js';
import { oneLane } from '../models/one-lane.test.support.js';
import { randomKey } from '../random.js';
import type { Matrix } from '../tensor/values.js';

const letters = [...'abcdefgh'];
export const maskId = 8;
export const startId = 9;
const rows = 10;

const idsOf = (text: string) => Int32Array.from([...text].map((letter) => letters.indexOf(letter)));

/** Logit of the letter `to` after `from`, as the AR model has it: fixed noise. */
export function logitAfter(from: number, to: number): number {
  return 2 * randomKey(12).normal(from, to);
}

/** Logit of `to` between two letters, as the MLM has it: both steps of the same chain. A masked neighbour tells nothing. */
export function logitBetween(left: number | undefined, right: number | undefined, to: number): number {
  const known = (id: number | undefined): id is number => id !== undefined && id !== maskId;
  return (known(left) ? logitAfter(left, to) : 0) + (known(right) ? logitAfter(to, right) : 0);
}

/** The AR model sees the token before; the MLM sees both neighbours, as far as they are not masked. */
export function letterModel({ capacity = 64, maxLength = 64 } = {}): ModelWith<PartName> & {
  readonly log: string[];
} {
  const log: string[] = [];
  const same = async (hidden: Matrix): Promise<Matrix> => ({ ...hidden, data: hidden.data.slice() });
  const matrix = (ids: readonly number[], logit: (i: number, to: number) => number): Matrix => ({
    rows: ids.length,
    columns: rows,
    data: Float32Array.from(ids.flatMap((_, i) => Array.from({ length: rows }, (_, to) => logit(i, to)))),
  });
  const half = async ({ data, ...shape }: Matrix): Promise<Matrix> => ({
    ...shape,
    data: data.map((value) => value / 2),
  });
  return {
    log,
    ar: oneLane({ capacity, hiddenSize: rows, vocabularySize: rows }, (ids) => {
      log.push(`ar ${ids.length}`);
      return matrix([...ids], (i, to) => logitAfter(ids[i]!, to));
    }),
    mlm: {
      encode: async (sequences) =>
        sequences.map((ids) => {
          log.push(`mlm ${ids.length}`);
          return matrix([...ids], (i, to) => logitBetween(ids[i - 1], ids[i + 1], to));
        }),
      hiddenSize: rows,
      vocabularySize: rows,
      maxLength,
    },
    denoiser: {
      family: 'letters',
      maskId,
      vocabularySize: rows,
      maxLength,
      readsNoise: false,
      lanes: 1,
      read: async (ids) => ({
        logits: async (positions) =>
          matrix(positions, (i, to) => logitBetween(ids[positions[i]! - 1], ids[positions[i]! + 1], to)),
      }),
    },
    vocabularySize: rows,
    head: { arLogits: half, mlmLogits: half },
    experts: { ar: { logits: same }, mlm: { logits: same } },
    alignment: { arPrefix: [startId], mlmPrefix: [], mlmSuffix: [] },
    vocabulary: {
      encode: async (text) => idsOf(text),
      tokenize: async (text) => {
        const ids = idsOf(text);
        return { ids, starts: ids.map((_, i) => i), ends: ids.map((_, i) => i + 1) };
      },
      tokens: [...letters, '[MASK]', '<s>'],
      bytesOf: (id) => new TextEncoder().encode(letters[id] ?? '?'),
      decode: (ids) => Array.from(ids, (id) => letters[id] ?? '?').join(''),
      size: rows,
      maskId,
      specialIds: new Set([maskId, startId]),
      maskToken: '[MASK]',
    },
    findNonFiniteTensor: async () => undefined,
    interrupt: () => {},
    dispose: () => {},
  };
}
