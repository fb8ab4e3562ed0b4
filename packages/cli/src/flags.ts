// Flags that several commands share.
import type { LoadModelOptions } from '@maria/checkpoints';
import { quantizations, schemes } from '@maria/checkpoints/quantization';
import {
  type BackendChoice,
  backendChoices,
  backendNames,
  backends,
  stateStorages,
} from '@maria/kernels/backends';
import {
  type DeviceChoice,
  type DeviceDType,
  deviceDTypes,
  deviceForms,
  deviceName,
  parseDevice,
} from '@maria/kernels/device';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { parseByteSize } from './byte-size.js';
import { beQuiet } from './quiet.js';
import { decimalRanges, ranges, seedRange } from './ranges.js';
import { inputFormats } from './scale/input-formats.js';
import type { Shard } from './scale/share.js';

const MODEL = 'MODEL';

/** Each has a KV cache of its own. */
const mostLanes = 256;

/** "a, b or c". Not of Intl, which takes a while to load its data. */
export function listed(names: readonly string[], word: 'or' | 'and' = 'or'): string {
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(` ${word} `);
}

export const backendOptions = {
  helpValue: 'NAME',
  summary: `What runs the models: ${listed(backendChoices)}.`,
  options: backendChoices,
} as const;

/** The flags of what computes, and where. */
export const backendFlags = {
  backend: Flags.option({ helpGroup: MODEL, ...backendOptions, default: 'auto' })(),
  device: Flags.custom<DeviceChoice>({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary: `Where they run: ${listed(deviceForms)}; N counts from 0. auto is the CPU, with --backend tfjs the first GPU. A device that cannot be used is an error; maria devices lists those of this machine.`,
    parse: async (input) => {
      const device = parseDevice(input);
      if (device === undefined) throw new Error(`expected ${listed(deviceForms)} but received: ${input}`);
      return device === 'auto' ? device : deviceName(device);
    },
  })({ default: 'auto' }),
  dtype: Flags.option({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary:
      'What a GPU computes in, and holds weights in: float32; or float16, or bfloat16 on CUDA, half the memory and other logits. float32 without it; the CPU has only that.',
    options: deviceDTypes,
    default: 'float32' as const,
  })(),
  'gpu-memory': Flags.custom<number>({ parse: async (input) => parseByteSize(input) })({
    helpGroup: MODEL,
    helpValue: 'SIZE',
    summary: 'Most memory of a CUDA GPU that each part of the model takes, such as 8GiB. All without it.',
  }),
  tf32: Flags.boolean({
    helpGroup: MODEL,
    summary: 'Let products on a CUDA GPU round their factors to TF32: faster, and other logits, to 1e-3.',
  }),
  threads: Flags.integer({
    helpGroup: MODEL,
    helpValue: 'N',
    summary: 'Threads of one computation; without it, the physical cores that this process may use.',
    ...ranges.threads,
  }),
};

/** As the libraries take them. */
export function backendOptionsOf(flags: {
  readonly backend?: BackendChoice | undefined;
  readonly device?: DeviceChoice | undefined;
  readonly dtype?: DeviceDType | undefined;
  readonly 'gpu-memory'?: number | undefined;
  readonly tf32?: boolean | undefined;
  readonly threads?: number | undefined;
}) {
  const { backend, device, dtype, tf32, threads } = flags;
  return defined({ backend, device, dtype, gpuMemory: flags['gpu-memory'], tf32, threads });
}

/** The name of the device that is meant: `auto` is that of the backend. */
export function deviceOf({
  backend,
  device,
}: {
  readonly backend: BackendChoice;
  readonly device: DeviceChoice;
}): DeviceChoice {
  if (device !== 'auto') return device;
  const [kind] = backend === 'auto' ? (['cpu'] as const) : backends[backend].devices;
  return deviceName({ kind, index: 0 });
}

const withFloat32Only = backendNames.filter((name) => !backends[name].stateStorages.includes('float16'));

export const modelFlags = {
  model: Flags.string({
    helpGroup: MODEL,
    helpValue: 'MODEL',
    summary:
      'A MARIA checkpoint: a folder, or an id of the Hugging Face Hub (org/name[@revision]), downloaded when it is not in the cache. Or the name of a pair of published models (maria models pairs). Without --model, --ar and --mlm, the embedded small pair is used.',
    exclusive: ['ar', 'mlm'],
  }),
  ar: Flags.string({
    helpGroup: MODEL,
    helpValue: 'MODEL',
    summary: 'An autoregressive model, folder or id, fused with --mlm as an untrained product of experts.',
    dependsOn: ['mlm'],
  }),
  mlm: Flags.string({
    helpGroup: MODEL,
    helpValue: 'MODEL',
    summary: 'A masked language model, folder or id.',
    dependsOn: ['ar'],
  }),
  ...backendFlags,
  quantize: Flags.option({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary: `Hold the large matrices as ${listed(schemes)}: less memory, faster steps, slightly other logits. Made once and kept in the cache. As they are without it.`,
    options: quantizations,
    default: 'none' as const,
  })(),
  context: Flags.integer({
    helpGroup: MODEL,
    helpValue: 'N',
    summary:
      'Most tokens that the AR model reads; its cache for them is memory. Without it, what the model was made for, up to 8192.',
    ...ranges.context,
  }),
  'kv-cache': Flags.option({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary: `Hold the KV cache, which is what the AR model keeps of its context, as float32 or as float16, or bfloat16 on CUDA: half the memory, slightly other logits. As --dtype without it. The backends ${listed(withFloat32Only, 'and')} have float32 only.`,
    options: stateStorages,
  })(),
  'ar-prefix': Flags.option({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary:
      'Token before the AR input: auto (the document-start token, if the model has one), none, bos or eos. Without it, as a MARIA checkpoint says, else auto.',
    options: ['auto', 'none', 'bos', 'eos'] as const,
  })(),
  'mlm-template': Flags.option({
    helpGroup: MODEL,
    helpValue: 'NAME',
    summary:
      'Tokens around the MLM input: auto ([CLS] and [SEP], if the tokenizer has them) or none. Without it, as a MARIA checkpoint says, else auto.',
    options: ['auto', 'none'] as const,
  })(),
};

/** Of `--batch`. */
const parseBatch = (input: string): number | 'auto' => {
  if (input === 'auto') return input;
  if (/^\d+$/.test(input) && Number(input) >= 1 && Number(input) <= mostLanes) return Number(input);
  throw new Error(`expected auto or a whole number from 1 to ${mostLanes} but received: ${input}`);
};

/** How many texts are worked on at once. */
export const batchFlag = Flags.custom<number | 'auto'>({
  helpGroup: MODEL,
  helpValue: 'N',
  summary:
    'Texts, or samples, that are worked on at once: a pass of the models serves all of them. auto has memory for up to 128, as many as there is room for, and works on as many of them as make it faster, by what passes cost while they run; with a denoiser 8. The output is the same with any number.',
  parse: async (input) => parseBatch(input),
})({ default: 'auto' });

/** Who has the model. */
export const serverFlag = Flags.string({
  helpGroup: MODEL,
  helpValue: 'URL',
  summary:
    'Let a running maria serve do the work: no model is loaded, and the output is the same. auto takes one of the same user with the same model, and loads the model where there is none. One with another model or of another version is refused.',
});

/** How texts are read that are too long. */
export const windowFlag = Flags.custom<number | 'auto'>({
  helpGroup: MODEL,
  helpValue: 'N',
  summary:
    'Read a text of more than N tokens in windows of at most as many, auto: of as many as the models read. Each gap sees as much on both sides as fits, from the beginning of a sentence or line to the end of one, and what was filled before it. Without it, a text that is too long is an error.',
  parse: async (input) => {
    if (input === 'auto') return input;
    const { min, max } = ranges.readWindow;
    if (/^\d+$/.test(input) && Number(input) >= min && Number(input) <= max) return Number(input);
    throw new Error(`expected auto or a whole number from ${min} to ${max} but received: ${input}`);
  },
})();

/** Of `--refresh`: one of the names, or a number. */
function parseRefresh<Name extends string>(input: string, names: readonly Name[]): Name | number {
  const name = names.find((one) => one === input);
  if (name !== undefined) return name;
  const { min, max } = ranges.length;
  if (/^\d+$/.test(input) && Number(input) >= min && Number(input) <= max) return Number(input);
  const wanted = listed([...names, `a whole number from ${min} to ${max}`]);
  throw new Error(`expected ${wanted} but received: ${input}`);
}

/** When the MLM reads again. */
export const refreshFlag = Flags.custom<'off' | 'gap' | 'auto' | number>({
  helpGroup: MODEL,
  helpValue: 'K',
  summary:
    'Let the MLM read again with what is filled by then: after each K tokens, before each gap, or off. auto, where a quarter of the tokens or more is masked, after one token for each 24 of the text. Without it, off, or as a head was trained. auto is for untrained pairs.',
  parse: async (input) => parseRefresh(input, ['auto', 'gap', 'off'] as const),
})();

/** In training. */
export const trainedRefreshFlag = Flags.custom<'gap' | number>({
  helpGroup: 'TRAINING',
  helpValue: 'K',
  summary:
    'Train on what the MLM gives when it reads again while gaps are filled: after each K tokens, or before each gap. The head records it, and is used so. It reads once without it.',
  parse: async (input) => parseRefresh(input, ['gap'] as const),
})();

/** Of `--speculate`. */
const parseSpeculate = (input: string): number | 'auto' => {
  if (input === 'auto') return input;
  if (input === 'off') return 0;
  if (/^\d+$/.test(input) && Number(input) <= 64) return Number(input);
  throw new Error(`expected auto, off or a whole number up to 64 but received: ${input}`);
};

/** How far ahead tokens are drafted. */
export const speculateFlag = Flags.custom<number | 'auto'>({
  helpGroup: MODEL,
  helpValue: 'N',
  summary:
    'Gaps that are drafted ahead and checked in one pass: off, a number, or auto, which follows what passes cost on this machine. The output is the same with any.',
  parse: async (input) => parseSpeculate(input),
})({ default: 'auto' });

/** In place of `speculate`, where several are compared. */
export const speculateList = Flags.custom<number | 'auto'>({
  helpGroup: MODEL,
  helpValue: 'NS',
  summary:
    'Gaps that maria drafts ahead: off, a number, or auto. Several, with commas between them, take turns. off without it, or off,auto with --acceptance.',
  parse: async (input) => parseSpeculate(input),
})({ multiple: true, delimiter: ',' });

/** In place of `batch`, where several are compared. */
export const batchList = Flags.custom<number | 'auto'>({
  helpGroup: MODEL,
  helpValue: 'NS',
  summary:
    'Texts that are filled at once: a number, or auto, as maria infill works without one. Several, with commas between them, take turns; the models have memory for the largest.',
  parse: async (input) => parseBatch(input),
})({ multiple: true, delimiter: ',', default: [1] });

/** Sequences at once where nobody says how many. */
const lanesThatPay = 128;

/** Lanes for `--batch`, where at most so many texts come. */
export function lanesFor(batch: number | 'auto', most: number): NonNullable<LoadModelOptions['lanes']> {
  return batch === 'auto' ? { atMost: Math.min(lanesThatPay, most) } : Math.min(batch, most);
}

/** Lanes for several of them, one after the other: those that are asked for by number, and what auto would take. */
export function lanesForAll(batches: readonly (number | 'auto')[]): NonNullable<LoadModelOptions['lanes']> {
  const numbers = batches.filter((batch) => batch !== 'auto');
  const most = Math.max(1, ...numbers);
  return numbers.length < batches.length && most < lanesThatPay ? { atMost: lanesThatPay } : most;
}

/** In place of `quantize`, where several are compared. */
export const quantizeList = Flags.option({
  helpGroup: MODEL,
  helpValue: 'NAMES',
  summary: `How the large matrices are held: ${quantizations.join(', ')}. Several, with commas between them, are loaded at once, take turns, and are compared with the first. Quantised ones are made once and kept in the cache.`,
  options: quantizations,
  multiple: true,
  delimiter: ',',
  default: ['none'],
})();

export const generalFlags = {
  quiet: Flags.boolean({
    char: 'q',
    summary:
      'Write no notes and no progress to standard error. Errors, warnings and what a flag asks for, such as --stats, are written.',
    // What is told comes from many places, and none of them knows the flags.
    parse: async (isGiven) => {
      if (isGiven) beQuiet();
      return isGiven;
    },
  }),
  debug: Flags.boolean({ summary: 'Show the stack of an error.', env: 'MARIA_DEBUG' }),
};

/** Of texts that are read. */
export const specialTokensOptions = {
  summary: 'Read special tokens such as <|endoftext|> in a text as tokens. They are text without it.',
};

/** For input that may not be empty. */
export const requireInputOptions = {
  summary: 'End with an error where standard input is empty. Without it nothing is written then.',
};

/** For input that is a part of a larger one. */
export const firstRecordOptions = {
  helpValue: 'N',
  summary:
    'Number of the first text here, when the input is a part of a larger one. Random numbers belong to the seed and to the number of a text in the input, which counts from 0.',
  default: 0,
  ...seedRange,
} as const;

/** What records are read from. */
export const recordFlags = {
  'input-format': Flags.option({
    helpGroup: 'INPUT',
    helpValue: 'NAME',
    summary:
      'What the input holds: text, jsonl or parquet. Parquet is known by its first bytes without it; its rows are records, and are read from files, or from standard input where that is one (< FILE).',
    options: inputFormats,
  })(),
  column: Flags.string({
    helpGroup: 'INPUT',
    helpValue: 'NAME',
    summary:
      'Column or field of the records that holds the text. It comes back as it is where its name is not text.',
    default: 'text',
  }),
};

export const shardFlag = Flags.custom<Shard>({
  helpValue: 'I/N',
  parse: async (input) => {
    const [, number, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(input)?.map(Number) ?? [];
    if (number === undefined || of === undefined || number < 1 || number > of)
      throw new Error(`expected I/N, as in 1/4, with I from 1 to N but received: ${input}`);
    return { number, of };
  },
});

/** For one of several processes that share an input, and one that goes on where another ended. */
export const scaleFlags = {
  shard: shardFlag({
    helpGroup: 'SCALE',
    summary:
      'Take only every N-th text of the input, from the I-th on: 1/4 takes the texts 1, 5, 9 … Each text is filled, or masked, as in a run over all of them.',
  }),
  resume: Flags.boolean({
    helpGroup: 'SCALE',
    summary:
      'Write FILE of --output in place, and go on behind the texts that it holds. What is known of a text is its place; give the same input and flags. A last line that was cut is done again.',
    dependsOn: ['output'],
  }),
  'fail-on': Flags.option({
    helpGroup: 'SCALE',
    helpValue: 'WHEN',
    summary: 'When the exit status tells of texts that failed: error (it is 1 where there is any) or never.',
    options: ['error', 'never'] as const,
    default: 'error' as const,
  })(),
};

/** A number within a range (`ranges.ts`); `above` excludes its own value. */
export const decimal = Flags.custom<number, { least?: number; above?: number; most: number }>({
  parse: async (input, _, { least = -Infinity, above = -Infinity, most }) => {
    const value = input.trim() === '' ? Number.NaN : Number(input);
    if (value >= least && value > above && value <= most) return value;
    const range = [
      ...(least > -Infinity ? [`of at least ${least}`] : []),
      ...(above > -Infinity ? [`above ${above}`] : []),
      `of at most ${most}`,
    ];
    throw new Error(`it must be a number ${range.join(' and ')}, and is ${input}`);
  },
});

/** `--top-k` and `--top-p`, under a heading of the command's. */
export const truncationFlags = (helpGroup: string) => ({
  'top-k': Flags.integer({
    helpGroup,
    helpValue: 'K',
    summary: 'Sample among the K most probable tokens.',
    ...ranges.tokensOfVocabulary,
  }),
  'top-p': decimal({
    helpGroup,
    helpValue: 'P',
    summary: 'Sample among the fewest tokens whose probabilities reach P.',
    ...decimalRanges.probability,
  }),
});

/** Any number of arguments. Standard input is left alone: oclif would read it into them (oclif/core#1107). */
export function manyArgs(description: string) {
  return stringArg({ multiple: true, ignoreStdin: true, description });
}

/** One argument or more. */
export function requiredArgs(description: string) {
  return stringArg({ multiple: true, required: true, ignoreStdin: true, description });
}

/** The object without the keys that hold undefined. */
export function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
