// Opens a folder as a denoiser: one of the families that were trained as such, or any MLM.
import { join } from 'node:path';
import {
  DataError,
  type DenoiserArchitecture,
  type DenoiserForm,
  denoiserFamilies,
  denoiserFamilyOf,
  type MaskedArchitecture,
  type ModelPart,
  ownTurn,
  readArchitecture,
  takeTurns,
  tracePart,
} from '@maria/core';
import { expertOf, openSingle, requireKind } from '../pair/open-single.js';
import type { Backbone, LogitMatrix } from '../pair/pair.js';
import { requireInTable } from '../pair/special-ids.js';
import { nameTheMask, vocabularyOf } from '../pair/vocabulary-of.js';
import { neverSampled } from '../tokenizers/placeholders.js';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { hasVocabularyFiles } from '../tokenizers/vocabulary-files.js';
import { openEitherFormat } from '../torch/open-either-format.js';
import { type Checkpoint, openingTokenizerFiles } from '../weights/checkpoint.js';
import type { JsonObject } from '../weights/json-file.js';
import { refusePackedWeights } from '../weights/packed-weights.js';
import { refuseUnread } from './refuse-unread.js';

export interface OpenDenoiserOptions {
  /** Name of the family, where its files are those of another kind of model. @default as config.json says */
  family?: string;
  /** Folder of the tokenizer, where the model has none of its own. @default the model's */
  tokenizer?: string;
  /** Id of the mask. @default as the config or the tokenizer says */
  maskId?: number;
  onWarning?: (message: string) => void;
  /** Hears of weights that are converted. */
  onNote?: (message: string) => void;
  /** Stops converting. */
  signal?: AbortSignal;
}

/** A denoiser as its files tell of it, traced. */
export interface OpenedDenoiser extends Backbone<MaskedArchitecture>, ModelPart<MaskedArchitecture> {
  readonly expert: LogitMatrix;
  readonly vocabulary: ModelVocabulary & { readonly maskId: number };
  readonly form: DenoiserForm;
}

/** @throws DataError where the folder is unfit: another kind of model, a tensor that is missing, misshapen or of no use */
export async function openDenoiser(
  folder: string,
  options: OpenDenoiserOptions = {},
): Promise<OpenedDenoiser> {
  const where = join(folder, 'config.json');
  const requireUse = (config: JsonObject) => {
    if (!denoiserFamilies.some((family) => family.accepts(config)))
      requireKind(folder, readArchitecture(config, where), 'masked');
  };
  const checkpoint = await openEitherFormat(folder, options, requireUse);
  const family = denoiserFamilyOf(checkpoint.config, checkpoint.weights, where, options.family);
  if (!family) return openMlm(folder, options);
  refusePackedWeights(folder, checkpoint.config, checkpoint.weights);
  const architecture = family.read(checkpoint.config, where, checkpoint.weights);
  await ownTurn();
  const given = await vocabularyFor(checkpoint, options);
  await ownTurn();
  const expert = await expertOf(checkpoint, architecture, options);
  const { weights, read } = architecture.prepare(checkpoint.weights);
  const part = tracePart<MaskedArchitecture>(architecture, weights);
  refuseUnread(checkpoint, architecture, { program: part.program, read }, expert);
  const maskId = maskIdOf(folder, architecture, given, options);
  const { bosId, eosId } = architecture.sizes;
  return {
    ...part,
    checkpoint,
    expert,
    vocabulary: await masked(given, maskId),
    form: {
      family: architecture.family,
      maskId,
      readsNoise: architecture.readsNoise,
      shift: architecture.shift,
      prefix: [],
      suffix: [],
      startId: bosId ?? eosId ?? given.bosId ?? given.eosId,
    },
  };
}

/** An MLM of a pair fills texts as a denoiser too. */
async function openMlm(folder: string, options: OpenDenoiserOptions): Promise<OpenedDenoiser> {
  const single = await openSingle(folder, options, 'masked');
  const { architecture, vocabulary: own } = single;
  const given = options.tokenizer === undefined ? own : await vocabularyFor(single.checkpoint, options);
  const maskId = maskIdOf(
    folder,
    { ...architecture, family: architecture.modelType, maskId: undefined },
    given,
    options,
  );
  const { prefix = [], suffix = [] } = given.template ?? {};
  requireInTable(`the tokenizer in ${folder}`, [...prefix, ...suffix], architecture.sizes.vocabularySize);
  return {
    ...single,
    ...tracePart(architecture, single.weights),
    vocabulary: await masked(given, maskId),
    form: { family: architecture.modelType, maskId, readsNoise: false, shift: false, prefix, suffix },
  };
}

async function vocabularyFor(
  checkpoint: Checkpoint,
  { tokenizer }: OpenDenoiserOptions,
): Promise<ModelVocabulary> {
  if (tokenizer !== undefined)
    return vocabularyOf(
      { folder: tokenizer, ...(await takeTurns(openingTokenizerFiles(tokenizer))) },
      'tokenizer',
    );
  if (!checkpoint.tokenizer && !hasVocabularyFiles(checkpoint))
    throw new DataError(
      'tokenizer-untold',
      `Cannot load the denoiser in ${checkpoint.folder}: it has no tokenizer of its own.`,
      { try: 'Give the tokenizer that it was trained with; MDLM and SEDD use that of GPT-2.' },
    );
  return vocabularyOf(checkpoint, 'denoiser');
}

/** The mask of Qwen3 as Tiny-A2D has it, where a tokenizer does not name it. */
const a2dMask = 151669;

/** @throws DataError where nothing tells it, or it is not in the table */
function maskIdOf(
  folder: string,
  { family, maskId, sizes }: Pick<DenoiserArchitecture, 'family' | 'maskId' | 'sizes'>,
  { maskId: ofTokenizer }: ModelVocabulary,
  { maskId: given, onWarning }: OpenDenoiserOptions,
): number {
  const rows = sizes.vocabularySize;
  const told = given ?? maskId ?? ofTokenizer;
  if (told !== undefined) {
    requireInTable(given === undefined ? `the files in ${folder}` : 'the caller', [told], rows);
    return told;
  }
  if (family === 'a2d-qwen3' && a2dMask < rows) {
    onWarning?.(
      `The tokenizer in ${folder} names no mask: it is taken to be token ${a2dMask}, as in Tiny-A2D.`,
    );
    return a2dMask;
  }
  throw new DataError(
    'mask-missing',
    `Cannot load the denoiser in ${folder}: its tokenizer has no mask token.`,
    {
      try: nameTheMask,
      facts: { denoiser: true },
    },
  );
}

/** The mask is never sampled. Where it is an ordinary word, that word in a text is no gap. */
async function masked(
  vocabulary: ModelVocabulary,
  maskId: number,
): Promise<ModelVocabulary & { readonly maskId: number }> {
  const specialIds = new Set([...neverSampled(vocabulary), maskId]);
  const written = vocabulary.tokens[maskId];
  const isWord =
    written === undefined || (await vocabulary.encode(written, { specialTokens: false })).includes(maskId);
  return { ...vocabulary, maskId, specialIds, maskToken: isWord ? '[MASK]' : written };
}
