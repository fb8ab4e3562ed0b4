// For tests: the backends of the table that are held to the reference. What needs a GPU computes in plain JavaScript.
import type { Backend } from '@maria/core';
import { type BackendName, backendNames, backends } from './backends.js';

export const openedBackends: readonly (readonly [BackendName, Backend])[] = await Promise.all(
  backendNames
    .filter((name) => name !== 'reference')
    .map(async (name) => [name, await backends[name].open({ threads: 2 })] as const),
);
