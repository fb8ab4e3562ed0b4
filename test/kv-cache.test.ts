// A KV cache in float16 against the goldens of float32: hidden states, greedy fills, memory, and the flag for it.
import { loadModel, openCheckpoint } from '@maria/checkpoints';
import { createCausalModel, infill, laneOf, readArchitecture, tracePart } from '@maria/core';
import { type BackendName, backendNames, backends, chooseBackend } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import './backends.js';
import { maria, recordsIn } from './cli-process.js';
import {
  familyGoldens,
  type GoldenPair,
  goldenFolder,
  maxDifference,
  openGoldenTensors,
  readGoldenJson,
} from './golden-files.js';

const holdsHalf = (name: BackendName) => backends[name].stateStorages.includes('float16');

/**
 * Of the largest hidden state: four roundings to float16. The reference only rounds keys and values, ONNX Runtime computes
 * attention in float16.
 */
const relativeTolerance = 2 ** -9;

describe.each(backendNames.filter(holdsHalf))('a float16 KV cache on %s', (choice) => {
  it.each([
    'models/olmo',
    'models/gpt2',
    'models/llama',
    `${familyGoldens}models/modernbert_decoder`,
    `${familyGoldens}models/gemma2`,
  ])('of %s: hidden states, also after cuts', async (name) => {
    const backend = await chooseBackend({ backend: choice });
    const { config, weights } = openCheckpoint(`${goldenFolder}${name}`);
    const architecture = readArchitecture(config, name);
    if (architecture.kind !== 'causal') throw new Error(`${name} is causal`);
    const golden = openGoldenTensors(`${name.replace('models/', 'goldens/')}.safetensors`);
    const ids = golden.ints('long.ids');
    const part = tracePart(architecture, weights, { storage: 'float16' });
    const model = await createCausalModel(backend, part);
    const lane = laneOf(model, 0);
    const expected = golden.floats('long.hidden');
    const tolerance = relativeTolerance * expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const from = (start: number) => expected.subarray(start * model.hiddenSize);

    const whole = (await lane.extend(ids)).data.slice();
    expect(maxDifference(whole, expected)).toBeLessThan(tolerance);
    expect(maxDifference(whole, expected), 'it is float32').toBeGreaterThan(1e-5);
    // Other tokens than the text's, which the next cut forgets.
    lane.truncate(9);
    await lane.extend(ids.slice(0, 3));
    lane.truncate(7);
    const rest = [...(await lane.extend(ids.slice(7, 8))).data, ...(await lane.extend(ids.slice(8))).data];
    expect(maxDifference(rest, from(7))).toBeLessThan(tolerance);
    model.dispose();
  });

  it('of the golden pair: the greedy ids', async () => {
    const pair = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
    const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
    const options = { ...folders, backend: choice, arPrefix: 'none', mlmTemplate: 'none' } as const;
    const [model, exact] = [await loadModel({ ...options, kvCache: 'float16' }), await loadModel(options)];
    for (const { masked_ids, poe } of Object.values(pair.cases)) {
      const run = infill(model, masked_ids);
      let next = await run.next();
      while (!next.done) next = await run.next();
      expect(next.value.samples[0]!.ids).toEqual(poe.greedy_suppressed);
    }
    // The reference computes with what JavaScript has: numbers that are rounded, not smaller.
    expect(exact.ar.cacheBytes / model.ar.cacheBytes).toBe(choice === 'reference' ? 1 : 2);
    for (const { dispose } of [model, exact]) dispose();
  });
});

it.each(backendNames.filter((name) => !holdsHalf(name)))('is refused with %s', async (backend) => {
  await expect(loadModel({ backend, kvCache: 'float16' })).rejects.toMatchObject({
    code: 'kv-cache-unsupported',
    exitStatus: 5,
    try: 'Hold it as float32, or use the backend ort.',
  });
});

it('maria --kv-cache float16 halves the memory and fills gaps with the same words', async () => {
  const text = 'Once upon a time there was a little [MASK] who lived in the [MASK].';
  const [plain, half] = await Promise.all([
    maria(['infill', text]),
    maria(['infill', '--kv-cache', 'float16', text]),
  ]);
  expect([half.status, half.stderr, half.stdout]).toEqual([0, '', plain.stdout]);

  const bench = [
    'bench',
    'throughput',
    '--systems',
    'maria',
    '--lengths',
    '16',
    '--repetitions',
    '1',
    '--json',
  ];
  const { stdout } = await maria([...bench, '--kv-cache', 'float16']);
  const [record] = recordsIn<{ memory: { kvCache: number } }>(stdout);
  // Keys and values, layers, heads, head size, tokens and one that is dropped, bytes.
  expect(record!.memory.kvCache).toBe(2 * 6 * 4 * 64 * 1025 * 2);
});
