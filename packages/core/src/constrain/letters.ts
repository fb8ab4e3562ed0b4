// What words and letter case ask of characters, as regular expressions.

const letter = String.raw`[\p{L}\p{M}\p{N}]`;

/** Hyphens and apostrophes stand within. */
export const word = `${letter}+(?:['’-]${letter}+)*`;

const between = String.raw`[^\p{L}\p{M}\p{N}'’]`;
const first = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}\p{N}'’]`;
const next = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}'’]`;

export const cases = {
  lower: String.raw`[^\p{Lu}\p{Lt}]*`,
  upper: String.raw`[^\p{Ll}\p{Lt}]*`,
  title: `${between}*(?:${first}${next}*(?:${between}+${first}${next}*)*${between}*)?`,
} as const;
