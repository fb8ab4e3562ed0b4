// maria eval anneal: what generated texts cost in time, and how probable and varied they are.
import type { DenoiserModel } from '@maria/checkpoints';
import { UsageError } from '@maria/core/errors';
import { samplerNames, samplers } from '@maria/core/samplers';
import * as Flags from '@oclif/core/flags';
import { DENOISER, denoiserFlags } from '../../denoiser.js';
import { heldOf } from '../../eval/command.js';
import { jsonFlag, outFlag, RUN, runHelp } from '../../eval/flags.js';
import { writeTables } from '../../eval/write-tables.js';
import { decimal, defined } from '../../flags.js';
import { ModelCommand } from '../../model-command.js';
import { note } from '../../output.js';
import { decimalRanges, ranges, seedRange } from '../../ranges.js';
import { noStatusLine, statusLine } from '../../status-line.js';
import { showsProgress } from '../../terminal.js';

const TEXTS = 'TEXTS';
const { tokenizer, family, 'mask-id': maskId } = denoiserFlags;
const isSampler = (name: string) => Object.hasOwn(samplers, name);

export default class EvalAnneal extends ModelCommand {
  static override summary = 'Compare ways to generate text by quality and variety over time.';
  static override description =
    `Texts of so many tokens are generated from nothing: by annealing with each number of sweeps (anneal), and once from left to right by maria, ar and mlm, sampled. The samplers of denoisers (${samplerNames.join(', ')}) generate with each number of steps, with --denoiser, or the MLM of the pair. Of each text the time, the generative perplexity under the AR model, and the entropy of its tokens are told.

${runHelp.replace(' and gives the same results to the bit, with any --batch;', '')}`;
  static override usage = 'eval anneal --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --out figure',
    '<%= config.bin %> <%= command.id %> --length 128 --budgets 4,8,16,32,64 --samples 16 --out figure',
    '<%= config.bin %> <%= command.id %> --system anneal --system ddpm --system low-confidence --out figure',
  ];

  static override flags = {
    system: Flags.string({
      helpGroup: TEXTS,
      helpValue: 'SYSTEM',
      summary: 'What generates: anneal, maria, ar, mlm or a sampler; give it once for each.',
      multiple: true,
      default: ['anneal', 'maria', 'ar', 'mlm'],
    }),
    budgets: Flags.integer({
      helpGroup: TEXTS,
      helpValue: 'NS',
      summary: 'Sweeps of annealing, and steps of samplers, with commas between them.',
      multiple: true,
      delimiter: ',',
      default: [1, 4, 16, 64],
      ...ranges.sweeps,
    }),
    length: Flags.integer({
      helpGroup: TEXTS,
      helpValue: 'N',
      summary: 'Tokens of a text.',
      default: 64,
      ...ranges.length,
    }),
    samples: Flags.integer({
      helpGroup: TEXTS,
      helpValue: 'N',
      summary: 'Texts of each.',
      default: 8,
      ...ranges.samples,
    }),
    temperature: decimal({
      helpGroup: TEXTS,
      char: 't',
      helpValue: 'T',
      summary: 'Of those that sample once; annealing has its own schedule.',
      default: 1,
      ...decimalRanges.temperature,
    }),
    denoiser: Flags.string({
      helpGroup: DENOISER,
      helpValue: 'MODEL',
      summary: 'What the samplers generate with, folder or id. Without it, the MLM of the pair.',
    }),
    tokenizer,
    family,
    'mask-id': maskId,
    seed: Flags.integer({
      helpGroup: RUN,
      helpValue: 'N',
      summary: 'Same seed, same texts.',
      default: 0,
      ...seedRange,
    }),
    out: outFlag,
    json: jsonFlag,
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(EvalAnneal);
    const evaluations = await import('@maria/eval');
    if (flags.denoiser !== undefined && !flags.system.some(isSampler))
      throw new UsageError('flag-not-read', 'Cannot evaluate: --denoiser is read by samplers only.', {
        try: 'Leave it out, or give a sampler: --system ddpm.',
      });
    const { model, ar, mlm, length, samples, temperature, seed, out } = flags;
    const models = new evaluations.LoadedModels({
      own: defined({ model, ar, mlm }),
      held: heldOf(flags),
      pairOptions: defined({ arPrefix: flags['ar-prefix'], mlmTemplate: flags['mlm-template'] }),
      load: async () => (await this.loadModel(flags)).model,
      loadDenoiser: (named) => this.loadDenoiser(flags, named),
    });
    const named = () =>
      evaluations.namedDenoiser(
        defined({
          denoiser: flags.denoiser,
          tokenizer: flags.tokenizer,
          family: flags.family,
          maskId: flags['mask-id'],
        }),
        models,
      );
    let denoiser: DenoiserModel | undefined;
    const status = showsProgress({ writesToTerminal: true }) ? statusLine(process.stderr) : noStatusLine;
    try {
      const summary = await evaluations.evaluateGeneration({
        systems: [...new Set(flags.system)],
        budgets: [...new Set(flags.budgets)].sort((a, b) => a - b),
        length,
        samples,
        temperature,
        seed,
        out,
        identity: (await models.describe(undefined)).fingerprints,
        open: () => models.load(undefined),
        denoiser: {
          describe: () => models.describeDenoiser(named()),
          open: async () => {
            denoiser = await this.loadDenoiser(flags, named());
            return denoiser;
          },
        },
        maria: this.config.version,
        signal: this.signal,
        onNote: note,
        onProgress: (done, all) => status.show(`${done} of ${all} texts`),
      });
      status.clear();
      await writeTables(evaluations, flags, summary, evaluations.generateTables(summary));
      return 0;
    } finally {
      status.clear();
      denoiser?.dispose();
      models.dispose();
    }
  }
}
