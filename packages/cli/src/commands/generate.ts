// maria generate: texts of a denoiser, out of nothing or after a beginning.
import { randomInt } from 'node:crypto';
import type { Model } from '@maria/core';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { denoiserFlags, loadDenoiser, samplerOptions } from '../denoiser.js';
import {
  backendFlags,
  batchFlag,
  decimal,
  defined,
  generalFlags,
  modelFlags,
  truncationFlags,
} from '../flags.js';
import { runInfill } from '../infill/run.js';
import { InfillStats } from '../infill/stats.js';
import type { GivenText } from '../infill/texts.js';
import { LoadingCommand } from '../model-command.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';
import { statusOfFailures } from '../text-errors.js';
import { textProgress } from '../text-progress.js';
import { withSink } from '../with-sink.js';

const SAMPLING = 'SAMPLING';
const OUTPUT = 'OUTPUT';
const { quantize } = modelFlags;

export default class Generate extends LoadingCommand {
  static override summary = 'Write texts with a denoiser.';
  static override description =
    `A text of --length tokens, all of them masked, is filled in the order that the sampler chooses; after --prompt, if there is one. Texts go to standard output, each with a line break, everything else to standard error.`;
  static override examples = [
    '<%= config.bin %> generate --length 24 --seed 7',
    '<%= config.bin %> generate --denoiser kuleshov-group/mdlm-owt --tokenizer openai-community/gpt2 --length 256 --steps 256 -n 4',
    '<%= config.bin %> generate --denoiser GSAI-ML/LLaDA-8B-Base --prompt "The sea" --length 64 --block-length 32 --temperature 0',
  ];

  static override baseFlags = generalFlags as never;

  static override flags = {
    ...denoiserFlags,
    ...backendFlags,
    quantize,
    batch: batchFlag,
    length: Flags.integer({
      helpGroup: SAMPLING,
      char: 'l',
      helpValue: 'N',
      summary: 'Tokens to write.',
      default: 32,
      ...ranges.length,
    }),
    prompt: Flags.string({ helpGroup: SAMPLING, helpValue: 'TEXT', summary: 'What the text begins with.' }),
    samples: Flags.integer({
      helpGroup: SAMPLING,
      char: 'n',
      helpValue: 'N',
      summary: 'Texts to write.',
      default: 1,
      ...ranges.samples,
    }),
    temperature: decimal({
      helpGroup: SAMPLING,
      char: 't',
      helpValue: 'X',
      summary: 'Divide the logits by X before sampling; 0 takes the most probable token.',
      default: 1,
      ...decimalRanges.temperature,
    }),
    ...truncationFlags(SAMPLING),
    seed: Flags.integer({
      helpGroup: SAMPLING,
      helpValue: 'N',
      summary: 'Same seed, same texts. Without it one is drawn, and told.',
      ...seedRange,
    }),
    output: Flags.string({
      helpGroup: OUTPUT,
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, which is replaced only when all is done.',
    }),
    json: Flags.boolean({ helpGroup: OUTPUT, summary: 'Write a JSON object, as maria infill does.' }),
    events: Flags.boolean({
      helpGroup: OUTPUT,
      summary: 'Write the events as they happen, a JSON object on each line.',
      exclusive: ['json'],
    }),
    stats: Flags.boolean({ helpGroup: OUTPUT, summary: 'Tell times, passes and memory on standard error.' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Generate);
    return withSink(flags.output, async (sink) => {
      const { engine, model, loadMs } = await this.whileLoading<Model>((engine, told) =>
        loadDenoiser(engine, flags, told),
      );
      const stats = new InfillStats();
      stats.loadMs = loadMs;
      const progress = textProgress(flags.output, { done: 'written', samples: flags.samples });
      try {
        const drawn = flags.seed === undefined ? randomInt(2 ** 32) : undefined;
        if (drawn !== undefined) progress.note(`Seed: ${drawn} (the same texts again: --seed ${drawn})`);
        const { temperature, samples } = flags;
        const failed = await runInfill(
          {
            engine,
            model,
            options: {
              system: 'diffusion',
              ...samplerOptions(flags),
              ...defined({ topK: flags['top-k'], topP: flags['top-p'] }),
              temperature,
              samples,
              seed: flags.seed ?? drawn!,
              underscores: false,
              signal: this.signal,
            },
            ...defined({ runSeed: drawn }),
            firstRecord: 0,
            format: flags.events ? 'events' : flags.json ? 'json' : 'text',
            keepGoing: false,
            batch: 1,
            color: false,
            sink,
            stats,
            progress,
            note: progress.note,
            tell: progress.tell,
          },
          [await canvasOf(model, flags)],
        );
        if (flags.stats) for (const line of stats.lines()) progress.tell(line);
        return statusOfFailures(failed);
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  }
}

type GenerateFlags = InferredFlags<typeof Generate.flags>;

/** The prompt, and as many masks as tokens are to be written. */
async function canvasOf(
  { vocabulary }: Model,
  { length, prompt = '' }: Pick<GenerateFlags, 'length' | 'prompt'>,
): Promise<GivenText> {
  const known = prompt === '' ? [] : [...(await vocabulary.encode(prompt, { specialTokens: false }))];
  const masks = new Array<number>(length).fill(vocabulary.maskId);
  return { index: 0, identity: {}, input: [...known, ...masks], ending: '\n' };
}
