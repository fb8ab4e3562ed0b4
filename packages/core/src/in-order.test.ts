// Generators that run at once are told in the order of their inputs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.js';

const wait = (turns: number) =>
  Array.from({ length: turns }).reduce<Promise<void>>((before) => before.then(), Promise.resolve());

async function* counting(input: { id: number; steps: number; delay: number }) {
  for (let step = 0; step < input.steps; step++) {
    await wait(input.delay);
    yield `${input.id}.${step}`;
  }
  if (input.steps === 3) throw new Error(`${input.id} broke`);
  return `${input.id} done`;
}

async function tellAll<I>(
  told: AsyncGenerator<{ input: I; event?: unknown; result?: unknown; error?: unknown }>,
) {
  const lines: string[] = [];
  for await (const one of told) lines.push(String(one.event ?? one.result ?? one.error));
  return lines;
}

describe('inOrder', () => {
  it('tells what one after the other would tell, whatever the limit and whoever is slow', async () => {
    const input = fc.record({ steps: fc.integer({ min: 0, max: 4 }), delay: fc.integer({ min: 0, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(input, { maxLength: 12 }),
        fc.integer({ min: 2, max: 5 }),
        async (given, limit) => {
          const inputs = given.map((one, id) => ({ id, ...one }));
          expect(await tellAll(inOrder(inputs, limit, counting))).toEqual(
            await tellAll(inOrder(inputs, 1, counting)),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lets the event loop go on while inputs are done without waiting', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    // biome-ignore lint/correctness/useYield: what it throws is what is told
    const told = inOrder(Array.from({ length: 1000 }).keys(), 8, async function* () {
      throw new Error('unfit');
    });
    expect(await tellAll(told)).toHaveLength(1000);
    isOver = true;
    expect(turns).toBeGreaterThan(1000 / 64);
  });

  it('runs no more at once than the limit, and holds no more than twice as many behind a slow one', async () => {
    let running = 0;
    let most = 0;
    let taken = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    function* numbers() {
      for (let i = 0; i < 50; i++) {
        taken++;
        yield i;
      }
    }
    const told = inOrder(numbers(), 4, async function* (i) {
      most = Math.max(most, ++running);
      yield i;
      await (i === 0 ? held : wait(30));
      running--;
      return i;
    });
    expect((await told.next()).value).toMatchObject({ event: 0 });
    const rest = tellAll(told);
    await new Promise(setImmediate);
    expect(taken).toBe(8);
    release();
    expect(await rest).toHaveLength(99);
    expect(most).toBe(4);
  });

  it('stops all of them when its reader leaves, though the next input never comes', async () => {
    const ended: number[] = [];
    async function* inputs() {
      yield 0;
      yield 1;
      await new Promise(() => {});
    }
    for await (const { input } of inOrder(inputs(), 3, async function* (i) {
      try {
        for (;;) {
          await wait(2);
          yield i;
        }
      } finally {
        ended.push(i);
      }
    }))
      if (input === 0) break;
    expect(ended.sort()).toEqual([0, 1]);
  });

  it('throws what taking an input throws, after what was there before it', async () => {
    async function* inputs() {
      yield 'a';
      throw new Error('no more');
    }
    const told: unknown[] = [];
    const all = (async () => {
      for await (const one of inOrder(inputs(), 2, async function* (i) {
        yield i;
        return 1;
      }))
        told.push(one);
    })();
    await expect(all).rejects.toThrow('no more');
    expect(told).toEqual([
      { input: 'a', event: 'a' },
      { input: 'a', result: 1 },
    ]);
  });
});
