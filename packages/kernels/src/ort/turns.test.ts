// Turns on a device: one after the other in the order of the calls, whatever fails; the CPU waits for nobody.
import { expect, it } from 'vitest';
import { theCpu } from '../device.js';
import { inTurn } from './turns.js';

it('one at a time, in order, and on after a failure', async () => {
  const device = { kind: 'webgpu', index: 0 } as const;
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise(setImmediate);
    events.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const turns = ['a', 'b', 'c'].map((name) => inTurn(device, work(name)));
  expect(await inTurn(theCpu, () => events.length)).toBe(0);
  expect(await Promise.allSettled(turns)).toMatchObject([
    { value: 'a' },
    { reason: { message: 'b failed' } },
    { value: 'c' },
  ]);
  expect(events).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
