// Which tokens a tokenizer's files declare as special, and for what: two generations of files, strings or objects.
import { z } from 'zod';

const tokenSchema = z.union([
  z.string(),
  z.object({ content: z.string() }).transform(({ content }) => content),
]);
const declaredToken = tokenSchema.nullish().catch(undefined);
const declaredTokens = z
  .union([
    z.array(tokenSchema),
    z.record(z.string(), tokenSchema).transform((record) => Object.values(record)),
  ])
  .nullish()
  .catch(undefined);

/** The keys that tokenizer_config.json and special_tokens_map.json share. */
const declarationSchema = z.object({
  bos_token: declaredToken,
  eos_token: declaredToken,
  unk_token: declaredToken,
  sep_token: declaredToken,
  pad_token: declaredToken,
  cls_token: declaredToken,
  mask_token: declaredToken,
  additional_special_tokens: declaredTokens,
  extra_special_tokens: declaredTokens,
});

export type TokenRole = 'bos' | 'eos' | 'unk' | 'sep' | 'pad' | 'cls' | 'mask';
const roles: readonly TokenRole[] = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

export interface DeclaredTokens {
  readonly byRole: Readonly<Partial<Record<TokenRole, string>>>;
  /** All declared tokens, those without a role included. */
  readonly all: ReadonlySet<string>;
}

/** tokenizer_config.json comes first where both files name a token for one role. */
export function declaredSpecialTokens(tokenizerConfig: unknown, specialTokensMap: unknown): DeclaredTokens {
  const byRole: Partial<Record<TokenRole, string>> = {};
  const all = new Set<string>();
  for (const file of [tokenizerConfig, specialTokensMap]) {
    const parsed = declarationSchema.safeParse(file);
    if (!parsed.success) continue;
    for (const role of roles) {
      const token = parsed.data[`${role}_token`];
      if (typeof token !== 'string') continue;
      byRole[role] ??= token;
      all.add(token);
    }
    const { additional_special_tokens, extra_special_tokens } = parsed.data;
    for (const token of [...(additional_special_tokens ?? []), ...(extra_special_tokens ?? [])])
      all.add(token);
  }
  return { byRole, all };
}
