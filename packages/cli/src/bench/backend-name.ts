// What computes, in the line that tells the machine of a benchmark.
import type { Backend } from '@maria/core';

/** "backend ort", and where, if not on the CPU. */
export function backendName({ name, device }: Pick<Backend, 'name' | 'device'>): string {
  return `backend ${name}${device === 'cpu' ? '' : ` on ${device}`}`;
}
