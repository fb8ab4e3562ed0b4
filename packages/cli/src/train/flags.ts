// The flags of `maria train`.
import { quantizations } from '@maria/checkpoints/quantization';
import * as Flags from '@oclif/core/flags';
import { parseByteSize } from '../byte-size.js';
import { backendFlags, decimal, generalFlags, modelFlags, trainedRefreshFlag } from '../flags.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';

const DATA = 'DATA';
const TRAINING = 'TRAINING';
const RUN = 'RUN';

const count = (options: { summary: string; group: string; range: { min: number; max: number } }) =>
  Flags.integer({
    helpGroup: options.group,
    helpValue: 'N',
    summary: options.summary,
    ...options.range,
  });

export const trainFlags = {
  model: modelFlags.model,
  ar: modelFlags.ar,
  mlm: modelFlags.mlm,
  quantize: Flags.option({
    helpGroup: 'MODEL',
    helpValue: 'NAME',
    summary:
      'Train on what the models give with their large matrices held so: none (as they are stored), int4 or int8. The head records it. none without it; with --resume as before.',
    options: quantizations,
  })(),
  ...backendFlags,
  'ar-prefix': modelFlags['ar-prefix'],
  'mlm-template': modelFlags['mlm-template'],
  data: Flags.string({
    helpGroup: DATA,
    helpValue: 'FILE',
    summary: 'Text to train on; "-" reads standard input. May be given several times.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'eval-data': Flags.string({
    helpGroup: DATA,
    helpValue: 'FILE',
    summary: 'Held-out text: its loss and perplexity are measured on the way, always with the same masks.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  window: count({
    group: DATA,
    summary: 'Most tokens of a window. 256 without it, or what the models read.',
    range: ranges.window,
  }),
  out: Flags.string({
    helpGroup: RUN,
    char: 'o',
    helpValue: 'DIR',
    summary: 'Folder of the run.',
    required: true,
  }),
  steps: Flags.integer({
    helpGroup: TRAINING,
    helpValue: 'N',
    summary: 'Steps to take; 1000 without it and without --tokens.',
    ...ranges.steps,
    exclusive: ['tokens'],
  }),
  tokens: count({
    group: TRAINING,
    summary: 'Train on N tokens of text, repeated if the data are shorter.',
    range: ranges.trainingTokens,
  }),
  batch: count({ group: TRAINING, summary: 'Windows of a step; 16 without it.', range: ranges.windows }),
  lr: decimal({
    helpGroup: TRAINING,
    helpValue: 'X',
    summary: 'Highest learning rate; 3e-4 without it.',
    ...decimalRanges.learningRate,
  }),
  'weight-decay': decimal({
    helpGroup: TRAINING,
    helpValue: 'X',
    summary: 'Decoupled weight decay of AdamW; 0.01 without it.',
    ...decimalRanges.weightDecay,
  }),
  warmup: count({
    group: TRAINING,
    summary: 'Steps until the highest learning rate; a tenth of all, at most 100, without it.',
    range: ranges.warmup,
  }),
  schedule: Flags.option({
    helpGroup: TRAINING,
    helpValue: 'NAME',
    summary: 'How the learning rate goes on: cosine or linear (to zero), or constant. cosine without it.',
    options: ['cosine', 'linear', 'constant'] as const,
  })(),
  clip: decimal({
    helpGroup: TRAINING,
    helpValue: 'X',
    summary: 'Scale gradients with a larger norm down to X; 0 never does. 1 without it.',
    ...decimalRanges.clip,
  }),
  'mask-rate': Flags.string({
    helpGroup: TRAINING,
    helpValue: 'MASKING',
    summary: 'What is masked; uniform(0,1) without it.',
  }),
  refresh: trainedRefreshFlag,
  init: Flags.option({
    helpGroup: TRAINING,
    helpValue: 'HOW',
    summary:
      'Where the head starts: product (the product of experts) or random. product without it; without --model, --ar and --mlm too, the trained head that ships with maria.',
    options: ['product', 'random'] as const,
    exclusive: ['model'],
  })(),
  'compare-init': Flags.boolean({
    helpGroup: TRAINING,
    summary:
      'Train from both, in DIR/product and DIR/random, and draw held-out loss over steps into DIR/figure-2.svg.',
    exclusive: ['init', 'model', 'dry-run'],
    dependsOn: ['eval-data'],
  }),
  seed: Flags.integer({
    helpGroup: TRAINING,
    helpValue: 'N',
    summary: 'Same seed, same run; 0 without it.',
    ...seedRange,
  }),
  'eval-every': count({
    group: RUN,
    summary: 'Evaluate every N steps; a tenth of all without it.',
    range: ranges.steps,
  }),
  'eval-windows': count({
    group: RUN,
    summary: 'Evaluate at most N windows of --eval-data; 128 without it.',
    range: ranges.windows,
  }),
  'save-every': count({
    group: RUN,
    summary: 'Save every N steps; a tenth of all without it.',
    range: ranges.steps,
  }),
  resume: Flags.boolean({
    helpGroup: RUN,
    summary: 'Go on with the run in --out, with its own data and settings; a flag changes a setting.',
  }),
  'dry-run': Flags.boolean({
    helpGroup: RUN,
    summary: 'Write the plan: steps, memory and time, which is measured on two steps. Nothing is saved.',
  }),
  'feature-cache': Flags.custom<number>({ parse: async (input) => parseByteSize(input) })({
    helpGroup: RUN,
    helpValue: 'SIZE',
    summary: 'Keep hidden states of the AR model on disk, up to SIZE (such as 2GB), for later epochs.',
  }),
  json: Flags.boolean({
    helpGroup: RUN,
    summary: 'Write the records of metrics.jsonl as they come, or the plan, as JSON.',
  }),
  ...generalFlags,
};
