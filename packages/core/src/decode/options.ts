// The options of infilling, their defaults and checks.
import { checkOption, isCount } from '../check-option.js';
import { UsageError } from '../errors.js';
import { isRefresh, type RefreshChoice } from '../maria/refresh.js';
import type { DecodeOptions } from './decoder.js';
import { type SamplerName, samplerNames } from './diffusion/samplers.js';
import { defaultChunk } from './hidden-pair.js';
import { type LengthRuleName, lengthRuleNames } from './length-rules.js';
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
  /** In place of samples: so many fills of the highest joint probability, by beam search. @default none */
  best?: number | undefined;
  /** The samples differ from each other: they are drawn without replacement. The first is that of the seed without it. @default false */
  distinct?: boolean | undefined;
  /** Fills in progress at a time of the search for `best`, and where gaps have a name. @default twice as many as `best`, 16 at least */
  beam?: number | undefined;
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
   * When the MLM reads again with what is filled by then, of the system `maria`: after so many tokens, before each `gap`, or `off`. `auto` follows
   * what that costs and gains with an untrained head. @default as the model has it: off with a trained head
   */
  refresh?: RefreshChoice | undefined;
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
  /** What makes one length of a gap better than another, where it is not known. @default 'evidence' */
  lengthBy?: LengthRuleName;
  /** Whether the fills of a text may break its lines. @default true */
  lineBreaks?: boolean;
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
  readonly lengthBy: LengthRuleName;
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
    best,
    distinct = false,
    beam,
    alternatives = 0,
    chunk = defaultChunk,
    speculate = 0,
    refresh,
    draft,
    system = 'maria',
    lengthBy = 'evidence',
    lineBreaks = true,
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
  for (const [name, value] of Object.entries({ best, beam }))
    check(name, value, value === undefined || isCount(value, 1), 'a whole number of at least 1');
  check('distinct', distinct, typeof distinct === 'boolean', 'true or false');
  const searches = best !== undefined || distinct;
  check('best', best, best === undefined || !distinct, 'left out with distinct');
  const isGreedy = best === undefined || (samples === 1 && temperature === 0 && topK === 0 && topP === 1);
  check('best', best, isGreedy, 'left out where tokens are sampled');
  check(
    'distinct',
    distinct,
    !distinct || (temperature > 0 && topK !== 1),
    'left out at temperature 0, where all samples are alike',
  );
  check('beam', beam, beam === undefined || best === undefined || beam >= best, 'at least as large as best');
  check('alternatives', alternatives, !searches || alternatives === 0, '0 with best or distinct');
  check('alternatives', alternatives, isCount(alternatives, 0), 'a whole number of at least 0');
  if (speculate !== 'auto')
    check('speculate', speculate, isCount(speculate, 0), "'auto' or a whole number of at least 0");
  if (refresh !== undefined) {
    check('refresh', refresh, isRefresh(refresh), `'auto', 'gap', 'off' or a whole number of at least 1`);
    check(
      'refresh',
      refresh,
      refresh === 'off' || system === 'maria',
      `left out with the system "${system}"`,
    );
  }
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
  check('lengthBy', lengthBy, lengthRuleNames.includes(lengthBy), `one of ${lengthRuleNames.join(', ')}`);
  check('lineBreaks', lineBreaks, typeof lineBreaks === 'boolean', 'true or false');
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
    best,
    distinct,
    beam,
    alternatives,
    chunk,
    speculate,
    refresh,
    draft,
    system,
    lengthBy,
    lineBreaks,
    sampler,
    steps,
    blockLength,
    guidance,
    signal,
  };
}
