// The options of infilling, their defaults and checks.
import { checkOption, isCount } from '../check-option.js';
import { UsageError } from '../errors.js';
import type { DecodeOptions } from './decoder.js';
import { type SamplerName, samplerNames } from './diffusion/samplers.js';
import { defaultChunk } from './hidden-pair.js';
import { type SystemName, systemNames } from './systems.js';
import type { WindowSize } from './windows.js';

export interface InfillOptions {
  /** What fills the gaps. @default 'maria' */
  system?: SystemName;
  /** Divides the logits before sampling; 0 takes the most probable token. @default 0 */
  temperature?: number;
  /** Samples among the k most probable tokens only. @default all */
  topK?: number;
  /** Samples among the smallest set of tokens whose probability reaches p (nucleus). @default 1 */
  topP?: number;
  /** Same seed, same model, same options: same text. An integer in [0, 2^32). @default 0 */
  seed?: number;
  /** Which text of a run this is: each has noise of its own. An integer in [0, 2^32). @default 0 */
  record?: number;
  /** Independent fills of the same gaps. @default 1 */
  samples?: number;
  /** Reports the k most probable tokens of each gap position. @default 0 */
  alternatives?: number;
  /** Most tokens of one AR pass; longer observed runs are read in chunks. The text does not depend on it. @default 256 */
  chunk?: number;
  /**
   * How many gaps ahead tokens are drafted and checked in one pass; 0 does without, auto follows what passes cost here. The text does not
   * depend on it. @default 0
   */
  speculate?: number | 'auto';
  /**
   * Takes the place of a draft: from a masked position and the token that would be drafted for it to the one that is. For measuring what drafts
   * of some quality are worth; the text does not depend on it.
   */
  draft?: (position: number, id: number) => number;
  /**
   * A sequence that is too long for the models is filled in windows of at most as many tokens, `auto` as many as they read: each gap sees as
   * much on both sides as fits, and what was filled before it. Other texts do not depend on it. @default too long ones are refused
   */
  window?: WindowSize | undefined;
  /** Whether the fills of a text may break its lines. @default true */
  lineBreaks?: boolean;
  /**
   * Added to the logits of these ids before all else: probabilities are those of what comes of it. Of systems that fill from the left.
   * @default none
   */
  logitBias?: ReadonlyMap<number, number>;
  /** How a denoiser fills. @default the one that its family was published with */
  sampler?: SamplerName;
  /** Steps of that sampler: more are better and slower. @default as the sampler's entry has it, or as many as there are tokens to fill */
  steps?: number;
  /** Tokens of a block; blocks are filled from the left (low-confidence and threshold). @default one block */
  blockLength?: number;
  /** How far a denoiser's logits are moved away from what they would be without the known text (classifier-free guidance). @default 0 */
  guidance?: number;
  /** Stops between passes, and in the middle of one. */
  signal?: AbortSignal;
}

export interface ResolvedOptions extends DecodeOptions {
  readonly system: SystemName;
  readonly seed: number;
  readonly record: number;
}

/** @throws UsageError naming the option, its value and its range */
export function resolveOptions(options: InfillOptions): ResolvedOptions {
  const {
    temperature = 0,
    topK = 0,
    topP = 1,
    seed = 0,
    record = 0,
    samples = 1,
    alternatives = 0,
    chunk = defaultChunk,
    speculate = 0,
    draft,
    system = 'maria',
    lineBreaks = true,
    logitBias = new Map(),
    sampler,
    steps,
    blockLength,
    guidance = 0,
    signal,
  } = options;
  const check = (name: string, value: unknown, fits: boolean, wanted: string) =>
    checkOption('infill', name, value, fits, wanted);
  const isNumber = (value: unknown) => typeof value === 'number';
  check(
    'temperature',
    temperature,
    isNumber(temperature) && temperature >= 0 && temperature < Infinity,
    'a number of at least 0',
  );
  check('topK', topK, isCount(topK, 0), 'a whole number of at least 0 (0 keeps all)');
  check('topP', topP, isNumber(topP) && topP > 0 && topP <= 1, 'above 0 and at most 1');
  for (const [name, value] of Object.entries({ seed, record }))
    check(name, value, isCount(value, 0) && value < 2 ** 32, 'a whole number from 0 to 4294967295');
  check('samples', samples, isCount(samples, 1), 'a whole number of at least 1');
  check('alternatives', alternatives, isCount(alternatives, 0), 'a whole number of at least 0');
  if (speculate !== 'auto')
    check('speculate', speculate, isCount(speculate, 0), "'auto' or a whole number of at least 0");
  check('chunk', chunk, isCount(chunk, 1), 'a whole number of at least 1');
  for (const [name, value] of Object.entries({ steps, blockLength }))
    check(name, value, value === undefined || isCount(value, 1), 'a whole number of at least 1');
  check(
    'guidance',
    guidance,
    isNumber(guidance) && guidance >= 0 && guidance < Infinity,
    'a number of at least 0',
  );
  if (sampler !== undefined && !samplerNames.includes(sampler))
    throw new UsageError(
      'sampler-unknown',
      `Cannot infill with the sampler "${sampler}": there is none of this name.`,
      {
        try: `Use one of ${samplerNames.join(', ')}.`,
      },
    );
  check('lineBreaks', lineBreaks, typeof lineBreaks === 'boolean', 'true or false');
  check(
    'logitBias',
    logitBias,
    logitBias instanceof Map &&
      [...logitBias].every(([id, added]) => isCount(id, 0) && Number.isFinite(added)),
    'a map of ids to numbers',
  );
  check('signal', signal, signal === undefined || signal instanceof AbortSignal, 'an AbortSignal');
  if (!systemNames.includes(system))
    throw new UsageError(
      'system-unknown',
      `Cannot infill with the system "${system}": there is none of this name.`,
      {
        try: `Use one of ${systemNames.join(', ')}.`,
      },
    );
  return {
    temperature,
    topK,
    topP,
    seed,
    record,
    samples,
    alternatives,
    chunk,
    speculate,
    draft,
    system,
    lineBreaks,
    logitBias,
    sampler,
    steps,
    blockLength,
    guidance,
    signal,
  };
}
