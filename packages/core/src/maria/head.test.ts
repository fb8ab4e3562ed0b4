// The head with its rows in another order: each id keeps its logit, and training starts from the same values.
import { describe, expect, it, vi } from 'vitest';
import type { Backend, Executable } from '../tensor/backend.js';
import { evaluate, referenceBackend, weightsInMemory } from '../tensor/evaluate.js';
import { float32, type Matrix, row } from '../tensor/values.js';
import { createHead, headHalf } from './head.js';
import { productOfExperts } from './initialize.js';

// Three stored rows of width 2, with a bias.
const source = weightsInMemory({
  w: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  b: { shape: [3], data: Float32Array.of(10, 20, 30) },
});
const rows = Int32Array.of(2, -1, 0, 2);
const half = { source, weight: 'w', bias: 'b', hiddenSize: 2, scale: 0.5, rows };

function logitsOf(vocabularySize: number) {
  const { logits } = evaluate(
    headHalf(vocabularySize, half),
    { hidden: float32([1, 0, 1, 1], [2, 2]) },
    source,
  );
  return { shape: logits!.shape, data: [...logits!.data] };
}

describe('a half of the head with rows in another order', () => {
  it('gives each id the logit of its row, and nearly no chance where there is none', () => {
    expect(logitsOf(4)).toEqual({ shape: [2, 4], data: [17.5, -1e4, 5.5, 17.5, 20.5, -1e4, 6.5, 20.5] });
    expect(logitsOf(2)).toEqual({ shape: [2, 2], data: [17.5, -1e4, 20.5, -1e4] });
  });

  it('starts a trained head from the same values', () => {
    const expert = { source, weight: 'w', bias: 'b', hiddenSize: 2 };
    const poe = productOfExperts({ ...expert, rows }, { ...expert, rows: Int32Array.of(0, 1, 2, 0) }, 4);
    expect([...poe.ar]).toEqual([2.5, 3, 0, 0, 0.5, 1, 2.5, 3]);
    expect([...poe.mlm]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 0.5, 1]);
    expect([...poe.bias]).toEqual([20, 10 - 1e4, 20, 20]);
  });
});

describe('a head on another device', () => {
  // Tensors of the same names in two models.
  const of = (width: number, step: number) =>
    weightsInMemory({
      w: {
        shape: [50, width],
        data: Float32Array.from({ length: 50 * width }, (_, i) => Math.sin(i * step)),
      },
    });
  const parts = {
    vocabularySize: 50,
    ar: { source: of(2, 0.7), weight: 'w', hiddenSize: 2 },
    mlm: { source: of(3, 0.3), weight: 'w', hiddenSize: 3, scale: 0.5 },
  };
  const hidden = (columns: number, data: number[]): Matrix => ({
    rows: data.length / columns,
    columns,
    data: Float32Array.from(data),
  });
  const [ar, mlm] = [hidden(2, [1, 2, -3, 1]), hidden(3, [0.1, 2, 1, -1, 0, 3])];
  const all = new Uint8Array(50).fill(1);
  const few = all.map((_, id) => Number(id < 40 && id % 2));

  it('lists what whole rows have', async () => {
    const head = await createHead({ ...referenceBackend(), device: 'elsewhere' }, parts);
    const halves = [await head.arLogits(ar), await head.mlmLogits(mlm)] as const;
    const asked = Int32Array.of(3, 41, 7);
    const lists = await head.shortlists!([
      { ar: row(ar, 0), mlm: row(mlm, 0), allowed: all, ids: asked, temperature: 0.5 },
      { ar: row(ar, 1), mlm: row(mlm, 1), allowed: few, ids: new Int32Array(), temperature: 1 },
      { ar: undefined, mlm: row(mlm, 1), mlmWeight: 2, allowed: all, ids: asked, temperature: 1 },
    ]);
    const fused = [
      halves[0].data.subarray(0, 50).map((logit, id) => logit + halves[1].data[id]!),
      halves[0].data.subarray(50).map((logit, id) => logit + halves[1].data[50 + id]!),
      halves[1].data.subarray(50).map((logit) => 2 * logit),
    ];
    for (const [i, list] of lists.entries()) {
      const logits = fused[i]!;
      const allowed = [all, few, all][i]!;
      const ids = [...logits.keys()].filter((id) => allowed[id] === 1);
      ids.sort((a, b) => logits[b]! - logits[a]!);
      const sum = (temperature: number) =>
        ids.reduce((total, id) => total + Math.exp((logits[id]! - logits[ids[0]!]!) / temperature), 0);
      expect(list.ids).toEqual(ids.slice(0, 32));
      expect(list.hasAll).toBe(i === 1);
      list.logits.forEach((logit, j) => {
        expect(logit).toBeCloseTo(logits[ids[j]!]!, 5);
      });
      expect([...list.asked]).toEqual(
        i === 1 ? [] : Array.from(asked, (id) => expect.closeTo(logits[id]!, 5) as number),
      );
      expect(list.sum).toBeCloseTo(sum(1), 4);
      expect(list.temperedSum).toBeCloseTo(sum(i === 0 ? 0.5 : 1), 4);
    }
    head.dispose();
  });

  it('is compiled again where there was no room for it, and let go of when it comes too late', async () => {
    const compiled: Executable[] = [];
    let isFull = true;
    const backend: Backend = {
      ...referenceBackend(),
      device: 'elsewhere',
      compile: async (...given) => {
        if (isFull) throw new Error('no room');
        const executable = await referenceBackend().compile(...given);
        vi.spyOn(executable, 'dispose');
        compiled.push(executable);
        return executable;
      },
    };
    const head = await createHead(backend, parts);
    await expect(head.arLogits(ar)).rejects.toThrow('no room');
    isFull = false;
    await head.arLogits(ar);
    const late = head.mlmLogits(mlm);
    head.dispose();
    await expect(late).rejects.toThrow();
    expect(compiled).toHaveLength(2);
    for (const { dispose } of compiled) expect(dispose).toHaveBeenCalledOnce();
  });

  it('is asked for none on the CPU', async () => {
    const head = await createHead(referenceBackend(), parts);
    expect(head.shortlists).toBeUndefined();
    head.dispose();
  });
});
