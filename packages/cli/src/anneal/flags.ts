// The flags of `maria anneal`.
import * as Flags from '@oclif/core/flags';
import { batchFlag, decimal, truncationFlags } from '../flags.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';
import { parseDuration } from './duration.js';

const INPUT = 'INPUT';
const ANNEALING = 'ANNEALING';
const OUTPUT = 'OUTPUT';

/** Largest values of the schedules; the least is 0. */
export const mostOf = { 'mask rate': 1, temperature: 100, acceptance: 1e6 } as const;

/** How a quantity goes over a run, as text that can be read. The reader is loaded when it is needed: help pays nothing for it. */
const schedule = Flags.custom<string, { readonly of: keyof typeof mostOf }>({
  helpGroup: ANNEALING,
  helpValue: 'SCHEDULE',
  parse: async (input, _, { of }) => {
    const { parseSchedule } = await import('@maria/core');
    try {
      parseSchedule(input, of, { least: 0, most: mostOf[of] });
    } catch (error) {
      throw new Error(input, { cause: error });
    }
    return input;
  },
});

export const annealFlags = {
  length: Flags.integer({
    helpGroup: INPUT,
    char: 'l',
    helpValue: 'N',
    summary: 'Generate a sequence of N tokens, prompt and suffix included.',
    ...ranges.length,
  }),
  prompt: Flags.string({
    helpGroup: INPUT,
    helpValue: 'TEXT',
    summary: 'Begin the sequence with TEXT.',
    dependsOn: ['length'],
  }),
  suffix: Flags.string({
    helpGroup: INPUT,
    helpValue: 'TEXT',
    summary: 'End the sequence with TEXT.',
    dependsOn: ['length'],
  }),
  sweeps: Flags.integer({
    helpGroup: ANNEALING,
    helpValue: 'N',
    summary: 'Mask and fill N times. 16, unless there is a --budget.',
    exclusive: ['budget'],
    ...ranges.sweeps,
  }),
  budget: Flags.custom<number>({ parse: async (input) => parseDuration(input) })({
    helpGroup: ANNEALING,
    helpValue: 'TIME',
    summary:
      'Go on for TIME, such as 500ms, 10s or 2m, for each chain; chains that run at once share it. The schedules follow the clock.',
  }),
  'mask-rate': schedule({
    of: 'mask rate',
    summary: 'Share of the free tokens that a sweep masks.',
    default: 'cosine:0.9:0.1',
  }),
  temperature: schedule({
    of: 'temperature',
    char: 't',
    summary: 'Divides the logits before sampling; 0 takes the most probable token.',
    default: '1:0.5',
  }),
  acceptance: schedule({
    of: 'acceptance',
    summary:
      'Metropolis: keep a sweep that raises the energy by d nats with probability exp(-d/T), else undo it; the schedule is that of T. Without it every sweep is kept.',
  }),
  selection: Flags.option({
    helpGroup: ANNEALING,
    helpValue: 'HOW',
    summary:
      'Which tokens are masked: uniform, least-confident (those with the lowest probability when they were chosen), gumbel (low probability, with noise) or spans (neighbours).',
    options: ['uniform', 'least-confident', 'gumbel', 'spans'] as const,
    default: 'gumbel' as const,
  })(),
  'span-length': decimal({
    helpGroup: ANNEALING,
    helpValue: 'X',
    summary: 'Mean length of the spans of --selection spans.',
    default: 4,
    ...decimalRanges.spanLength,
  }),
  energy: Flags.option({
    helpGroup: ANNEALING,
    helpValue: 'MODEL',
    summary:
      'Whose likelihood the energy is: ar (the AR model alone) or fused (with all free tokens masked).',
    options: ['ar', 'fused'] as const,
    default: 'ar' as const,
  })(),
  ...truncationFlags(ANNEALING),
  seed: Flags.integer({
    helpGroup: ANNEALING,
    helpValue: 'N',
    summary: 'Same seed, same text.',
    ...seedRange,
    default: 0,
  }),
  chains: Flags.integer({
    helpGroup: ANNEALING,
    char: 'n',
    helpValue: 'N',
    summary: 'Make N independent runs.',
    default: 1,
    ...ranges.chains,
  }),
  batch: batchFlag,
  output: Flags.string({
    helpGroup: OUTPUT,
    char: 'o',
    helpValue: 'FILE',
    summary: 'Write to FILE, which is replaced only when all is done.',
  }),
  show: Flags.option({
    helpGroup: OUTPUT,
    helpValue: 'WHICH',
    summary: 'Which sweep is written: best (the lowest energy) or last.',
    options: ['best', 'last'] as const,
    default: 'best' as const,
  })(),
  json: Flags.boolean({
    helpGroup: OUTPUT,
    summary:
      'Write a JSON object for each chain, on one line, with energy, generative perplexity and token entropy.',
  }),
  events: Flags.boolean({
    helpGroup: OUTPUT,
    summary: 'Write the events of annealing as they happen, a JSON object on each line.',
    exclusive: ['json'],
  }),
  trace: Flags.string({
    helpGroup: OUTPUT,
    helpValue: 'FILE',
    summary:
      'Write a JSON record of each sweep to FILE, on a line, when the sweep ends. Chains that run at once take turns in it.',
    exclusive: ['resume'],
  }),
  resume: Flags.string({
    helpGroup: OUTPUT,
    helpValue: 'FILE',
    summary:
      'Go on where the trace in FILE ends, with the flags of the run that wrote it, and write the other sweeps to it.',
  }),
  chart: Flags.boolean({
    helpGroup: OUTPUT,
    summary: 'Draw energy and generative perplexity over time on standard error.',
  }),
  svg: Flags.string({ helpGroup: OUTPUT, helpValue: 'FILE', summary: 'Draw the same into an SVG file.' }),
};
