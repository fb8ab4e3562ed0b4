// Refuses weights that another program has quantised: they are integers with scales of its own, and not what a config describes.
import { DataError } from '@maria/core';
import { z } from 'zod';
import type { JsonObject } from './json-file.js';
import { quote } from './quote.js';
import { storageDTypeOf } from './safetensors-dtypes.js';
import type { StoredTensors, TensorEntry } from './stored-tensors.js';

/** Names of tensors that only one method stores. */
const signs: readonly [method: string, name: RegExp][] = [
  [
    'bitsandbytes',
    /\.(absmax|quant_map|nested_absmax|nested_quant_map|SCB|CB|quant_state\.bitsandbytes__\w+)$/,
  ],
  ['GPTQ', /\.g_idx$/],
  ['GPTQ or AWQ', /\.(qweight|qzeros)$/],
  ['compressed-tensors', /\.weight_packed$/],
];

/** Names in config.json, and how their methods are written. */
const spellings: Readonly<Record<string, string>> = {
  gptq: 'GPTQ',
  awq: 'AWQ',
  fp8: 'FP8',
  hqq: 'HQQ',
  aqlm: 'AQLM',
};

const configSchema = z.looseObject({
  quant_method: z.string().optional().catch(undefined),
  load_in_4bit: z.unknown().optional(),
  load_in_8bit: z.unknown().optional(),
});

/** The method that config.json says the weights are quantised by; undefined where it has no `quantization_config`. */
export function quantizationMethod(config: JsonObject): string | undefined {
  const parsed = configSchema.safeParse(config.quantization_config);
  if (!parsed.success) return undefined;
  const { quant_method: method, load_in_4bit: in4, load_in_8bit: in8 } = parsed.data;
  if (method === undefined) return in4 === true || in8 === true ? 'bitsandbytes' : 'a method without a name';
  if (Object.hasOwn(spellings, method)) return spellings[method];
  return /^[\w-]{1,40}$/.test(method) ? method : quote(method);
}

/** @param where the folder, for the error @throws DataError naming the method and a tensor that shows it */
export function refusePackedWeights(where: string, config: JsonObject, { entries }: StoredTensors): void {
  const said = quantizationMethod(config);
  for (const entry of entries.values()) {
    const shown = signs.find(([, pattern]) => pattern.test(entry.name))?.[0];
    if (shown === undefined && !(said !== undefined && isPacked(entry))) continue;
    throw new DataError(
      'packed-weights',
      `Cannot load the model in ${where}: its weights are quantised by ${said ?? shown}, which maria does not read (tensor ${quote(entry.name)}).`,
      {
        try: 'Use the model that it was made of, in F32, F16 or BF16; quantising that one here makes it smaller.',
      },
    );
  }
}

/** Weights of a type that holds no full number. Masks and positions are not among them. */
function isPacked({ name, dtype }: TensorEntry): boolean {
  return /(weight|_blocks|W_q)$/.test(name) && !storageDTypeOf(dtype) && dtype !== 'F64';
}
