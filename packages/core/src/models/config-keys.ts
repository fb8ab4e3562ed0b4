// Pieces of config schemas that families share.
import { z } from 'zod';

export const positiveInteger = z.number().int().positive();

/** Far more layers than any model has. Programs are built before weights are looked at: a damaged number must not fill memory. */
export const layerCount = positiveInteger.max(1000);

/** A special token's id. Some configs list several; the first is the one that documents begin or end with. */
const tokenIdSchema = z
  .union([z.number().int(), z.array(z.number().int())])
  .nullish()
  .transform((id) => (Array.isArray(id) ? id[0] : (id ?? undefined)));

/** An absent key stays absent: then the tokenizer says which token it is. */
export const specialIdKeys = { bos_token_id: tokenIdSchema, eos_token_id: tokenIdSchema };

/** A setting of which maria implements one value, the default: any other is refused, not ignored. */
export function only<T extends string | boolean>(value: T) {
  return z.literal(value).default(value as never);
}
