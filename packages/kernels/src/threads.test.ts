// Cores: between one and what the process may use, and lists of CPUs as Linux writes them.
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cpuList, physicalCores } from './threads.js';

describe('physicalCores', () => {
  it('is at least one and at most what the process may use', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
    expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  });

  it('reads lists of CPUs as Linux writes them', () => {
    expect(cpuList('0')).toEqual([0]);
    expect(cpuList('0-3,8,10-11')).toEqual([0, 1, 2, 3, 8, 10, 11]);
  });
});
