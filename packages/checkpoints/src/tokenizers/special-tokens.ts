// Which tokens a tokenizer's files declare as special, and for what: two generations of files, strings or objects.
import { z } from 'zod';

/** A token as it is declared: how it is cut from a text may stand beside it. */
const tokenSchema = z.union([
  z.string().transform((content) => ({ content })),
  z.object({
    content: z.string(),
    lstrip: z.boolean().optional(),
    rstrip: z.boolean().optional(),
    single_word: z.boolean().optional(),
    normalized: z.boolean().optional(),
  }),
]);
export type DeclaredToken = z.infer<typeof tokenSchema>;

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
export const roles: readonly TokenRole[] = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

export interface DeclaredTokens {
  readonly byRole: Readonly<Partial<Record<TokenRole, string>>>;
  /** All declared tokens by their strings, those without a role included. */
  readonly all: ReadonlyMap<string, DeclaredToken>;
}

/**
 * tokenizer_config.json comes first where both files name a token for one role.
 * @param defaults tokens of roles that neither file speaks of; null in a file means that there is none
 */
export function declaredSpecialTokens(
  tokenizerConfig: unknown,
  specialTokensMap: unknown,
  defaults: DeclaredTokens['byRole'] = {},
): DeclaredTokens {
  const byRole: Partial<Record<TokenRole, string>> = {};
  const all = new Map<string, DeclaredToken>();
  const declare = (token: DeclaredToken) => all.has(token.content) || all.set(token.content, token);
  const spokenOf = new Set<TokenRole>();
  for (const file of [tokenizerConfig, specialTokensMap]) {
    const parsed = declarationSchema.safeParse(file);
    if (!parsed.success) continue;
    for (const role of roles) {
      const token = parsed.data[`${role}_token`];
      if (token !== undefined) spokenOf.add(role);
      if (token === undefined || token === null) continue;
      byRole[role] ??= token.content;
      declare(token);
    }
    const { additional_special_tokens, extra_special_tokens } = parsed.data;
    for (const token of [...(additional_special_tokens ?? []), ...(extra_special_tokens ?? [])])
      declare(token);
  }
  for (const role of roles) {
    const content = defaults[role];
    if (content === undefined || spokenOf.has(role)) continue;
    byRole[role] = content;
    declare({ content });
  }
  return { byRole, all };
}
