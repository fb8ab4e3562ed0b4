// Flags that the evaluations share.
import * as Flags from '@oclif/core/flags';
import { batchFlag, decimal, shardFlag } from '../flags.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';

export const DATA = 'DATA';
export const RUN = 'RUN';
const formats = ['text', 'lambada', 'rocstories', 'humaneval-infilling', 'santacoder-fim'] as const;

/** What `--system` takes, for descriptions. */
export const systemsHelp = `A SYSTEM is NAME, NAME=MODEL or NAME=MODEL,kind=KIND. Kinds are maria (both models, fused), product (their product of experts, whatever head the model has), ar (the AR model alone, which sees nothing to the right of a gap), mlm (the MLM alone, which reads the text again for each token), mlm-at-once (the MLM alone, all masked tokens at once) and diffusion (a denoiser, in the order of its sampler). A kind stands for itself with the model of --model; a MODEL is a folder or an id of the Hub, or AR+MLM for a pair. Options of a denoiser stand behind it, as in mdlm=MODEL,tokenizer=MODEL,sampler=ddpm: tokenizer, family, mask-id, sampler, steps, block-length and guidance as maria infill has them, and draws and seed for bounds.`;

export const runHelp = `DIR becomes a run: config.json, results.jsonl (a record of each text and system), summary.json, and report.html and report.md to read. The same command goes on where a stopped run is, and gives the same results to the bit, with any --batch; another configuration is refused.`;

export const dataHelp = `Data are a file or a folder of plain text, in which a line <|endoftext|> ends a document, of JSONL with a field, of LAMBADA (a passage on each line; its last word is the gap) or ROCStories (CSV; the third sentence is the gap), or tasks of HumanEval-Infilling and SantaCoder-FIM. They may be compressed with zstd or gzip. The format is known by the name of the file, or given.`;

export const outFlag = Flags.string({
  helpGroup: RUN,
  helpValue: 'DIR',
  summary: 'Folder of the run.',
  required: true,
});

export const jsonFlag = Flags.boolean({
  helpGroup: RUN,
  summary: 'Write the summary as one JSON object in place of tables.',
});

export const systemFlag = Flags.string({
  helpValue: 'SYSTEM',
  summary: 'What is compared; give it once for each. The others are compared with the first.',
  multiple: true,
  default: ['maria', 'ar', 'mlm'],
});

export const dataFlags = {
  data: Flags.string({
    helpGroup: DATA,
    helpValue: 'PATH',
    summary: 'A data set; give it once for each.',
    multiple: true,
    required: true,
  }),
  format: Flags.option({
    helpGroup: DATA,
    helpValue: 'NAME',
    summary: `Of the data: ${formats.join(', ')}. Known by the name of the file without it.`,
    options: formats,
  })(),
  field: Flags.string({
    helpGroup: DATA,
    helpValue: 'NAME',
    summary: 'Field of JSONL that holds the text.',
    default: 'text',
  }),
  documents: Flags.integer({
    helpGroup: DATA,
    helpValue: 'N',
    summary: 'Read at most N documents of each data set; of a folder, about as many of each file.',
    default: 100,
    ...ranges.documents,
  }),
  words: Flags.integer({
    helpGroup: DATA,
    helpValue: 'N',
    summary: 'Cut documents into windows of N words.',
    default: 128,
    ...ranges.window,
  }),
  windows: Flags.integer({
    helpGroup: DATA,
    helpValue: 'N',
    summary: 'Take the first N windows of a document.',
    default: 4,
    ...ranges.windows,
  }),
};

/** `--mask-rate` with what it is without it. */
export const maskRateFlag = (rates: number[]) =>
  decimal({
    helpGroup: DATA,
    helpValue: 'PS',
    summary: 'Parts of the words that are masked, with commas between them.',
    multiple: true,
    delimiter: ',',
    default: rates,
    ...decimalRanges.probability,
  });

export const maskFlags = {
  'span-length': decimal({
    helpGroup: DATA,
    helpValue: 'X',
    summary: 'Mean words of a span.',
    default: 3,
    ...decimalRanges.spanLength,
  }),
  seed: Flags.integer({
    helpGroup: DATA,
    helpValue: 'N',
    summary: 'Same seed, same masks, same fills, same intervals.',
    default: 0,
    ...seedRange,
  }),
};

/** For an evaluation that several processes share. */
export const shardFlags = {
  shard: shardFlag({
    helpGroup: RUN,
    summary:
      'Take only every N-th text, from the I-th on: 1/4 takes the texts 1, 5, 9 … DIR becomes a run of that part, which --join makes a whole one of.',
  }),
  join: Flags.string({
    helpGroup: RUN,
    helpValue: 'DIR',
    summary:
      'Take what the run in DIR did, such as a shard of this one; give it once for each. What is in none of them is done now, and nothing is loaded where all is there. The results are those of one run.',
    multiple: true,
    exclusive: ['shard'],
  }),
};

export const evalFlags = {
  system: systemFlag,
  ...dataFlags,
  ...maskFlags,
  out: outFlag,
  batch: batchFlag,
  json: jsonFlag,
};
