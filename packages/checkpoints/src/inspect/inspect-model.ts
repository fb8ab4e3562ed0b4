// What a model folder holds, how much memory it takes, and which models it pairs with.
import { join } from 'node:path';
import { type Architecture, DataError, type ModelSizes, numberOfElements } from '@maria/core';
import { availableMemory } from '../memory/available.js';
import {
  type EstimatedModel,
  estimatedPair,
  estimatedSingle,
  estimateMemory,
  type MemoryEstimate,
  usualContext,
} from '../memory/estimate.js';
import { embeddedFolder } from '../pair/embedded-folder.js';
import { isMariaConfig } from '../pair/maria-checkpoint.js';
import { openFolders } from '../pair/open-pair.js';
import { openSingle, type SingleModel } from '../pair/open-single.js';
import type { PairOptions } from '../pair/pair.js';
import { traceBackbone, tracePair } from '../pair/trace-pair.js';
import { withoutMask } from '../pair/vocabulary-of.js';
import { usesOfSingle } from '../quantize/quantize-weights.js';
import { type Quantization, quantizations } from '../quantize/scheme.js';
import { pairVocabularies } from '../tokenizers/pair-vocabularies.js';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { readJsonObject } from '../weights/json-file.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { type Unread, unreadOf, unreadOfPair, unreadWarnings } from './unread.js';

export type ModelRole = 'ar' | 'mlm' | 'maria';

export interface InspectedPart {
  readonly role: 'ar' | 'mlm';
  /** config.json's model_type. */
  readonly family: string;
  readonly sizes: ModelSizes;
}

export interface InspectedModel {
  readonly folder: string;
  readonly role: ModelRole;
  /** One, or the two backbones of a MARIA checkpoint. */
  readonly parts: readonly InspectedPart[];
  /** Elements of all weights that are stored. */
  readonly parameters: number;
  /** Bytes of them by the type in which they are stored, for example BF16. */
  readonly stored: Readonly<Record<string, number>>;
  readonly files: number;
  readonly tokenizer: {
    readonly tokens: number;
    readonly special: number;
    readonly mask: string | null;
    /** Ids around a sequence. */
    readonly template: { readonly prefix: readonly number[]; readonly suffix: readonly number[] } | null;
  };
  /** Names of tensors that nothing reads, but for buffers that every such checkpoint has. */
  readonly unread: readonly string[];
  /** What loading it warns of. */
  readonly warnings: readonly string[];
  /** Bytes that it takes when it is loaded, by quantisation, with a KV cache of `context` tokens. */
  readonly memory: Readonly<Record<Quantization, MemoryEstimate>>;
  readonly context: number;
  /** Bytes that this machine has left. */
  readonly available: number;
  /** Models that it was compared with. Absent for a MARIA checkpoint. */
  readonly pairs?: readonly PairFit[];
}

/** Where weights have to be converted first: who hears of it, and what stops it. */
export type InspectOptions = Pick<PairOptions, 'onNote' | 'signal'>;

export interface PairFit {
  readonly with: string;
  readonly fits: boolean;
  /** Why not; or that ids are translated, or which of them are special tokens of other names. */
  readonly because?: string;
  /** What was compared, where both vocabularies could be read. */
  readonly compared?: ComparedVocabularies;
}

/** Two vocabularies, id by id; where ids are translated, those of the MLM. */
export interface ComparedVocabularies {
  /** Ids that stand for the same token in both. */
  readonly same: number;
  /** Ids that do not, and the first of them. */
  readonly other: number;
  readonly first: readonly { readonly id: number; readonly ar: string | null; readonly mlm: string | null }[];
}

/**
 * @param others folders that might be its other half @default the half of the embedded pair that could be
 * @throws DataError when the folder is unfit
 */
export async function inspectModel(
  folder: string,
  others?: readonly string[],
  told: InspectOptions = {},
): Promise<InspectedModel> {
  return isMariaConfig(readJsonObject(join(folder, 'config.json')))
    ? inspectMaria(folder, told)
    : inspectSingle(folder, others, told);
}

async function inspectSingle(
  folder: string,
  others: readonly string[] | undefined,
  told: InspectOptions,
): Promise<InspectedModel> {
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const model = await openSingle(folder, { ...told, onWarning });
  const { architecture, vocabulary } = model;
  const role = roleOf(architecture);
  const candidates = others ?? [join(embeddedFolder(), role === 'ar' ? 'mlm' : 'ar')];
  const context = Math.min(usualContext, architecture.sizes.maxLength);
  const traced = traceBackbone(model, { capacity: context });
  return {
    folder,
    role,
    parts: [partOf(architecture)],
    ...storedIn([model.checkpoint.weights]),
    tokenizer: tokenizerOf(vocabulary),
    ...unreadIn(unreadOf([model.checkpoint], usesOfSingle(traced), [model]), warnings),
    ...memoryOf(estimatedSingle(traced, context)),
    pairs: await Promise.all(candidates.map((other) => fitOf(model, other, told))),
  };
}

async function inspectMaria(folder: string, told: InspectOptions): Promise<InspectedModel> {
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const pair = tracePair(await openFolders({ model: folder }, { ...told, onWarning }), {
    capacity: usualContext,
  });
  const { ar, mlm, vocabulary, alignment, sources } = pair;
  return {
    folder,
    role: 'maria',
    parts: [partOf(ar.architecture), partOf(mlm.architecture)],
    ...storedIn([...new Set(sources.values())]),
    tokenizer: {
      tokens: vocabulary.size,
      special: vocabulary.specialIds.size,
      mask: vocabulary.maskToken,
      template: { prefix: alignment.mlmPrefix, suffix: alignment.mlmSuffix },
    },
    ...unreadIn(unreadOfPair(pair), warnings),
    ...memoryOf(estimatedPair(pair)),
  };
}

function roleOf({ kind }: Architecture): 'ar' | 'mlm' {
  return kind === 'causal' ? 'ar' : 'mlm';
}

function partOf(architecture: Architecture): InspectedPart {
  return { role: roleOf(architecture), family: architecture.modelType, sizes: architecture.sizes };
}

function storedIn(sources: readonly StoredTensors[]) {
  const stored: Record<string, number> = {};
  const files = new Set<string>();
  let parameters = 0;
  for (const { entries } of sources)
    for (const { dtype, shape, length, file } of entries.values()) {
      parameters += numberOfElements(shape);
      stored[dtype] = (stored[dtype] ?? 0) + length;
      files.add(file);
    }
  return { parameters, stored, files: files.size };
}

function tokenizerOf({ tokens, specialIds, maskToken, maskId, template }: ModelVocabulary) {
  return {
    tokens: tokens.reduce((count, token) => count + (token === undefined ? 0 : 1), 0),
    special: specialIds.size,
    mask: maskId === undefined ? null : maskToken,
    template: template ? { prefix: template.prefix, suffix: template.suffix } : null,
  };
}

/** @param warnings what was said when the folder was opened */
function unreadIn(unread: readonly Unread[], warnings: readonly string[]) {
  return {
    unread: unread.flatMap(({ tensors }) => tensors),
    warnings: [...warnings, ...unreadWarnings(unread)],
  };
}

function memoryOf(model: EstimatedModel) {
  const entries = quantizations.map((scheme) => [scheme, estimateMemory(model, scheme)] as const);
  return {
    memory: Object.fromEntries(entries) as Record<Quantization, MemoryEstimate>,
    context: model.capacity,
    available: availableMemory().bytes,
  };
}

async function fitOf(model: SingleModel, other: string, told: InspectOptions): Promise<PairFit> {
  let compared: ComparedVocabularies | undefined;
  const fit = (fits: boolean, because?: string): PairFit => ({
    with: other,
    fits,
    ...(because !== undefined && { because }),
    ...(compared && { compared }),
  });
  try {
    const partner = await openSingle(other, told);
    if (partner.architecture.kind === model.architecture.kind)
      return fit(false, `both are ${roleNames[roleOf(model.architecture)]}s`);
    const [ar, mlm] = model.architecture.kind === 'causal' ? [model, partner] : [partner, model];
    const { tokens } = ar.vocabulary;
    compared = compareTokens(tokens, mlm.vocabulary.tokens);
    const { arIds } = pairVocabularies(ar.vocabulary, mlm.vocabulary);
    if (arIds)
      compared = compareTokens(
        [...arIds].map((id) => tokens[id]),
        mlm.vocabulary.tokens,
      );
    if (mlm.vocabulary.maskId === undefined) return fit(false, `of the MLM, ${withoutMask(mlm.vocabulary)}`);
    return fit(true, arIds ? 'the same tokens have other ids, which are translated' : otherNames(compared));
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return fit(false, error.message.replace(/^Cannot [^:]*: /, '').replace(/\.$/, ''));
  }
}

/** Most differing ids that are kept. */
const keptDifferences = 100;

type Tokens = ModelVocabulary['tokens'];

function compareTokens(ar: Tokens, mlm: Tokens): ComparedVocabularies {
  const first: { id: number; ar: string | null; mlm: string | null }[] = [];
  let [same, other] = [0, 0];
  for (let id = 0; id < Math.max(ar.length, mlm.length); id++) {
    const [arToken, mlmToken] = [ar[id], mlm[id]];
    if (arToken === undefined && mlmToken === undefined) continue;
    if (arToken === mlmToken) same++;
    else if (++other <= keptDifferences) first.push({ id, ar: arToken ?? null, mlm: mlmToken ?? null });
  }
  return { same, other, first };
}

/** Most ids that are told by name. */
const shownNames = 4;

/** Which ids of a pair have another name in each model: none of them is a token of text. */
function otherNames({ first }: ComparedVocabularies): string | undefined {
  const named = first.filter(({ ar, mlm }) => ar !== null && mlm !== null);
  if (named.length === 0) return undefined;
  const told = named
    .slice(0, shownNames)
    .map(
      ({ id, ar, mlm }) =>
        `${id} is ${JSON.stringify(ar)} in the AR model's vocabulary and ${JSON.stringify(mlm)} in the MLM's`,
    );
  const more = named.length > shownNames ? [`and so with ${named.length - shownNames} more`] : [];
  return `all tokens of text are the same; ${[...told, ...more].join(', ')}`;
}

const roleNames = { ar: 'AR model', mlm: 'MLM' } as const;
