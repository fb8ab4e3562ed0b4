// One vitest run over unit tests (beside the code) and cross-package tests (test/).
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of what happens once in a process (what is loaded, and with what), and those that put modules in the place of others. */
const ofAProcess = [
  'packages/checkpoints/src/load/known-rows.test.ts',
  'packages/checkpoints/src/load/trace-once.test.ts',
  'packages/kernels/src/choose-backend.test.ts',
  'packages/kernels/src/ort/koffi-late.test.ts',
  'packages/kernels/src/ort/lazy-loading.test.ts',
  'packages/kernels/src/ort/library.test.ts',
  'packages/kernels/src/ort/lying-library.test.ts',
  'packages/kernels/src/ort/mock-cuda.test.ts',
  'packages/kernels/src/tfjs/library.test.ts',
  'test/device.test.ts',
  'test/mock-cuda.test.ts',
  'tools/pretrain/src/device.test.ts',
];

export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  resolve: { conditions: ['source'] },
  test: {
    // Against tests that hang, not against busy machines.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    pool: 'forks',
    projects: [
      {
        extends: true,
        // What needs a GPU computes here with kernels in plain JavaScript.
        resolve: {
          alias: {
            '@tensorflow/tfjs-node-gpu': fileURLToPath(new URL('test/tfjs-on-cpu.ts', import.meta.url)),
          },
        },
        test: {
          name: 'shared process',
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'apps/*/src/**/*.test.{ts,tsx}',
            'tools/*/src/**/*.test.ts',
            'test/**/*.test.{ts,tsx}',
          ],
          exclude: ['**/node_modules/**', '**/dist/**', ...ofAProcess],
          // Files run one after the other in two processes that keep the modules: half the time of a process for each file.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'own process', include: ofAProcess } },
    ],
  },
});
