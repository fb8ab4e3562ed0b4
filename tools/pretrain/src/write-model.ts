// Writes a trained model as a Hugging Face folder: config.json, float16 weights, and the tokenizer's files.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, writeFileAtomically, writeSafetensors } from '@maria/checkpoints';
import { float32ToFloat16, type TrainedParameter } from '@maria/core';

const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/** @param tokenizerFolder where the tokenizer's files are copied from */
export async function writeModel(
  folder: string,
  config: JsonObject,
  parameters: readonly TrainedParameter[],
  tokenizerFolder: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    sorted.map(({ name, shape, value }) => ({ name, shape, data: float32ToFloat16(value) })),
    // What transformers asks of a file that it loads.
    { format: 'pt' },
  );
  const json = JSON.stringify({ ...config, dtype: 'float16' }, null, 1);
  await writeFileAtomically(join(folder, 'config.json'), [Buffer.from(json)]);
  for (const name of tokenizerFiles)
    if (existsSync(join(tokenizerFolder, name)))
      copyFileSync(join(tokenizerFolder, name), join(folder, name));
}
