// Exact speculation, with logits that are told: in which order its parts are asked for.
import { expect, it } from 'vitest';
import type { Matrix } from '../tensor/values.js';
import { fixedPlan } from './draft-window.js';
import { Speculated } from './speculate.js';

it('makes no logits, not for drafts either, before it has what reading needs', async () => {
  const asked: string[] = [];
  const rows = (count: number): Matrix => ({ rows: count, columns: 2, data: new Float32Array(2 * count) });
  const source = new Speculated(
    {
      begin: async (first) => void asked.push(`begin ${first}`),
      read: async (first, count) => {
        asked.push(`read ${first} ${count}`);
        return { hidden: rows(count), fed: count };
      },
      arRows: async (hidden) => hidden,
      mlmRow: async () => rows(1).data,
      mlmRows: async (first, count) => {
        asked.push(`logits ${first} ${count}`);
        return rows(count);
      },
      set: () => {},
      forget: () => {},
      alone: async () => ({ ar: rows(1), mlm: rows(1) }),
    },
    {
      plan: () => fixedPlan(1),
      guess: () => ({ id: 1, lead: 1 }),
      question: () => undefined,
      guessListed: () => ({ id: 1, lead: 1 }),
      guessed: () => {},
      draftScale: 2,
      count: 3,
      vocabularySize: 2,
      drafted: () => {},
      checked: () => {},
    },
  );
  expect(await source.next(0, new Float32Array(2))).toBe(2);
  expect(asked).toEqual(['begin 0', 'logits 0 1', 'read 0 2']);
});
