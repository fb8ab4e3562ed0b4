// The settings of a training run: all that the numbers of its steps depend on, but for the models and the data.
import { defaultMasking, formatMasking, misfit, parseMasking, schedules, UsageError } from '@maria/core';
import { z } from 'zod';

export const inits = ['product', 'random', 'model'] as const;

export const settingsSchema = z.object({
  /** Where the head starts: the product of experts, random numbers, or a trained model's head. */
  init: z.enum(inits),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Steps of the run. */
  steps: z.number().int().positive(),
  /** Tokens of text that the steps were derived from, where they were asked for: no more of the data is read. */
  tokens: z.number().int().positive().optional(),
  /** Windows of a step. */
  batch: z.number().int().positive(),
  /** Most tokens of a window. */
  window: z.number().int().min(2),
  /** In the syntax of parseMasking. */
  maskRate: z.string(),
  /** When the MLM reads a window again while it is filled: the head sees its inputs so. Absent: it reads once. */
  refresh: z.union([z.literal('gap'), z.number().int().positive()]).optional(),
  /** The highest learning rate. */
  learningRate: z.number().positive(),
  schedule: z.enum(schedules),
  /** Steps until the highest learning rate is reached. */
  warmup: z.number().int().nonnegative(),
  weightDecay: z.number().nonnegative(),
  /** Largest norm of the gradient; 0 for none. */
  clip: z.number().nonnegative(),
  /** Steps between evaluations. */
  evalEvery: z.number().int().positive(),
  /** Most windows of an evaluation. */
  evalWindows: z.number().int().positive(),
  /** Steps between saves. */
  saveEvery: z.number().int().positive(),
});

export type TrainSettings = z.infer<typeof settingsSchema>;

/** Settings that were asked for; `tokens` instead of `steps` trains until so many tokens of text were read. */
export type GivenSettings = Partial<TrainSettings>;

export const defaultSettings = {
  seed: 0,
  steps: 1000,
  batch: 16,
  window: 256,
  maskRate: formatMasking(defaultMasking),
  learningRate: 3e-4,
  schedule: 'cosine',
  weightDecay: 0.01,
  clip: 1,
  evalWindows: 128,
} as const satisfies Partial<TrainSettings>;

/** What is known once the data are read: how long a run of tokens is, and the intervals that follow from the steps. */
export function completeSettings(
  given: GivenSettings,
  { init, refresh, tokensPerWindow }: Pick<TrainSettings, 'init' | 'refresh'> & { tokensPerWindow: number },
): TrainSettings {
  const batch = given.batch ?? defaultSettings.batch;
  const steps = given.steps ?? stepsFor(given.tokens, batch * tokensPerWindow);
  const tenth = Math.max(1, Math.round(steps / 10));
  // Parsed for the order of its keys: a run that goes on reads them back in that order.
  return checkSettings({
    ...defaultSettings,
    init,
    warmup: Math.min(100, tenth),
    evalEvery: tenth,
    saveEvery: tenth,
    ...(refresh !== undefined && { refresh }),
    ...given,
    maskRate: formatMasking(parseMasking(given.maskRate ?? defaultSettings.maskRate)),
    steps,
    batch,
  });
}

function checkSettings(settings: GivenSettings): TrainSettings {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    'setting-invalid',
    `Cannot train: ${misfit(settingsSchema, settings, parsed.error)}.`,
    {
      try: 'Give another value.',
    },
  );
}

function stepsFor(tokens: number | undefined, tokensPerStep: number): number {
  return tokens === undefined ? defaultSettings.steps : Math.max(1, Math.ceil(tokens / tokensPerStep));
}

/** How much of its data a run reads: what it trains on. A run that goes on reads as much as before, unless it is to be longer or shorter. */
export function enoughData(
  given: GivenSettings,
  recorded?: TrainSettings,
): { windows: number } | { tokens: number } {
  const { tokens, steps = defaultSettings.steps, batch = defaultSettings.batch } = merged(given, recorded);
  return tokens === undefined ? { windows: (steps + 1) * batch } : { tokens };
}

/** Steps that are asked for now take the place of tokens that were asked for then. */
function merged(given: GivenSettings, recorded?: TrainSettings): GivenSettings {
  if (given.steps === undefined || given.steps === recorded?.steps) return { ...recorded, ...given };
  const { tokens: _, ...others } = recorded ?? {};
  return { ...others, ...given };
}

/**
 * The settings of a run that goes on: what it was started with, unless something else is asked for now.
 * @returns also a line for each setting that changed. @throws UsageError for one that cannot change
 */
export function resumeSettings(
  recorded: TrainSettings,
  given: GivenSettings,
  tokensPerWindow: number,
): { settings: TrainSettings; changes: string[] } {
  const asked = { ...given };
  if (given.tokens !== undefined && given.steps === undefined)
    asked.steps = stepsFor(given.tokens, (given.batch ?? recorded.batch) * tokensPerWindow);
  if (asked.maskRate !== undefined) asked.maskRate = formatMasking(parseMasking(asked.maskRate));
  const changes: string[] = [];
  for (const key of Object.keys(asked) as (keyof TrainSettings)[]) {
    // Tokens are told of by the steps that follow from them.
    if (key === 'tokens' || asked[key] === undefined || asked[key] === recorded[key]) continue;
    if (key === 'init')
      throw new UsageError(
        'setting-fixed',
        `Cannot go on from ${asked.init} values: the run started from ${recorded.init} values.`,
        { try: 'Start a run in another folder.', facts: { setting: key } },
      );
    changes.push(`${key} is ${asked[key]} now, the run was started with ${recorded[key]}`);
  }
  return { settings: checkSettings({ ...merged(given, recorded), ...asked }), changes };
}
