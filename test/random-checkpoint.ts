// Writes Hugging Face folders with seeded random weights of any size, for tests that need other shapes than the goldens'.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@maria/checkpoints';
import { parameterShapes, randomKey, readArchitecture } from '@maria/core';
import { goldenFolder } from './golden-files.js';

/**
 * Matrices are normal with the given standard deviation; vectors (norm scales, biases) are near 1, so that every tensor matters.
 * The tokenizer is the goldens' (600 entries).
 */
export async function writeRandomCheckpoint(
  folder: string,
  config: Record<string, unknown>,
  seed: number,
  deviation = 0.15,
) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const tokenizer = config.model_type === 'modernbert' ? 'tokenizer_mlm' : 'tokenizer_ar';
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'])
    await copyFile(`${goldenFolder}${tokenizer}/${file}`, join(folder, file));
  const tensors = [...parameterShapes(readArchitecture(config, 'config.json'))].map(
    ([name, shape], stream) => {
      const key = randomKey(seed, stream);
      const size = shape.reduce((a, b) => a * b, 1);
      const center = shape.length === 1 ? 1 : 0;
      const data = Float32Array.from({ length: size }, (_, i) => center + deviation * key.normal(0, i));
      return { name, shape, data };
    },
  );
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
}
