// What holds of every family, whatever it computes.
import { expect } from 'vitest';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, type Tensors } from './tiny-checkpoint.test.support.js';

const ids = [3, 1, 4, 1, 5, 9, 2, 6];
const rolled = ({ shape, data }: Tensors[string]) => ({
  shape,
  data: Float32Array.from(data, (_, i) => data[(i + 1) % data.length]!),
});

/**
 * Every tensor counts (but `withoutEffect`: key biases, which softmax does not see where no rotation follows, and tensors
 * of the output embedding); tokens see what they should and nothing else; a decoder's cache changes nothing.
 */
export function checkInvariants(
  config: object,
  tensors: Tensors,
  withoutEffect: readonly RegExp[] = [],
): void {
  const whole = hiddenStates(config, tensors, ids);
  for (const [name, tensor] of Object.entries(tensors)) {
    const moved = maxDifference(hiddenStates(config, { ...tensors, [name]: rolled(tensor) }, ids), whole);
    if (withoutEffect.some((pattern) => pattern.test(name))) expect(moved, name).toBeLessThan(1e-9);
    else expect(moved, name).toBeGreaterThan(1e-4);
  }

  const changed = hiddenStates(config, tensors, ids.with(5, 7));
  const before = maxDifference(changed.slice(0, 5), whole.slice(0, 5));
  if (readArchitecture(config, 'config.json').kind === 'masked') {
    expect(before).toBeGreaterThan(1e-4);
    return;
  }
  expect(before).toBe(0);
  expect(maxDifference(changed.slice(5), whole.slice(5))).toBeGreaterThan(1e-4);
  // Without a cache, scales of attention within a window are numbers of float32.
  expect(maxDifference(hiddenStates(config, tensors, ids, [1, 2, 4, 1]), whole)).toBeLessThan(1e-6);
}
