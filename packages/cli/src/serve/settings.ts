// The fields of requests, by path: how answers are made. They are read by these schemas, and told by them in the OpenAPI document.
import { lengthRuleNames } from '@maria/core/length-rules';
import { systemNames } from '@maria/core/systems';
import { z } from 'zod';
import { decimalRanges, ranges, seedRange } from '../ranges.js';

/** Texts times samples of one request. */
export const mostTexts = 128;

const text = z.string();
const seed = z.int().min(seedRange.min).max(seedRange.max);
const count = z.int().min(1).max(mostTexts);
const probability = z.number().gt(decimalRanges.probability.above).max(decimalRanges.probability.most);
const temperature = z
  .number()
  .min(decimalRanges.temperature.least)
  .max(decimalRanges.temperature.most)
  .describe('Divides the logits before sampling; 0 takes the most probable token.');
const tokens = z.int().min(1).max(4096);
const model = text.describe('Name of the loaded model, as /v1/models tells it. Any other is refused.');
const ids = z.array(z.int().min(0)).min(1);
const window = z.union([z.literal('auto'), z.int().min(ranges.readWindow.min).max(ranges.readWindow.max)]);
const specialTokens = z.boolean().describe('Special tokens in a text are read as tokens.');

/** Of `POST /infill`: as the flags of maria infill. */
export const infillSettings = z.object({
  model: model.optional(),
  stream: z.boolean().optional().describe('Tell the events of --events as they happen.'),
  system: z.enum(systemNames).optional(),
  temperature: temperature.optional(),
  top_k: z.int().min(1).max(ranges.tokensOfVocabulary.max).optional(),
  top_p: probability.optional(),
  samples: count.optional(),
  best: count.optional(),
  beam: z.int().min(1).max(1024).optional(),
  distinct: z.boolean().optional(),
  alternatives: z.int().min(1).max(1024).optional(),
  explain: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('With stream: tell so many candidates of each model for each token, after the text.'),
  refresh: z.union([z.enum(['auto', 'gap', 'off']), z.int().min(1).max(4096)]).optional(),
  max_length: z.int().min(ranges.gapLength.min).max(ranges.gapLength.max).optional(),
  length_by: z.enum(lengthRuleNames).optional(),
  first_record: seed
    .optional()
    .describe('Number of the text in a run, for its random numbers; 0 without it.'),
  underscores: z.boolean().optional(),
  special_tokens: specialTokens.optional(),
  line_breaks: z.boolean().optional(),
  window: window.optional(),
});

export type InfillSettings = z.output<typeof infillSettings>;

/** Of `POST /infill` in the words of llama.cpp. What has no meaning here, and none for the text, may be there too. */
export const codeInfill = z.strictObject({
  input_prefix: text.default(''),
  input_suffix: text.default(''),
  prompt: text.default('').describe('Stands after the prefix, before the gap.'),
  input_extra: z
    .array(z.strictObject({ filename: text.optional(), text }))
    .default([])
    .describe('Files that stand before the prefix.'),
  n_predict: tokens.default(16).describe('Tokens of the gap.'),
  model: model.optional(),
  stream: z.boolean().default(false),
  temperature: temperature.optional(),
  top_k: z.int().min(0).max(ranges.tokensOfVocabulary.max).optional().describe('0 keeps all.'),
  top_p: probability.optional(),
  seed: z.int().min(-1).max(seedRange.max).optional().describe('-1 draws one.'),
  stop: z.array(text.min(1)).max(16).default([]),
  n_probs: z.int().min(0).max(0).optional(),
  n_indent: z.unknown().optional(),
  samplers: z.unknown().optional(),
  cache_prompt: z.unknown().optional(),
  id_slot: z.unknown().optional(),
  t_max_prompt_ms: z.unknown().optional(),
  t_max_predict_ms: z.unknown().optional(),
});

/** Of `POST /v1/completions`. */
export const completion = z.strictObject({
  model: model.nullish(),
  prompt: z
    .union([text, z.array(text).min(1).max(mostTexts), ids, z.array(ids).min(1).max(mostTexts)])
    .describe('A text, with or without gaps ([MASK], [MASK*3]), or token ids; or a list of them.'),
  suffix: text.nullish().describe('Stands after what is filled in.'),
  max_tokens: tokens
    .nullish()
    .describe(
      'Tokens that are filled in after the prompt, 16 without it; of a prompt with gaps the most that they may have.',
    ),
  temperature: temperature.nullish().describe('1 without it.'),
  top_p: probability.nullish(),
  top_k: z.int().min(1).max(ranges.tokensOfVocabulary.max).nullish(),
  n: count.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish() }).nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
  echo: z.boolean().nullish(),
  stop: z.union([text.min(1), z.array(text.min(1)).max(16)]).nullish(),
  seed: seed.nullish(),
  logit_bias: z
    .record(z.string().regex(/^\d{1,7}$/), z.number().min(-100).max(100))
    .nullish()
    .describe('Added to the logits of token ids; the probabilities are those of what comes of it.'),
  best_of: z.int().min(1).nullish().describe('As n, if anything.'),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  user: text.nullish().describe('Taken, and not used.'),
});

/** Of `POST /score`: as the flags of maria score. */
export const scoreSettings = z.object({
  model: model.optional(),
  first_record: seed
    .optional()
    .describe('Number of the text in a run, for the masks that a mask rate draws; 0 without it.'),
  exclude_special: z.boolean().optional(),
  special_tokens: specialTokens.optional(),
  tokens: z.boolean().optional().describe('Tell the masked tokens too.'),
  window: window.optional(),
});
