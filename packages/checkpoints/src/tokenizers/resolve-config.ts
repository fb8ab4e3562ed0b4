// One tokenizer of all its files, as transformers resolves them: flags and tokens of tokenizer_config.json win over tokenizer.json.
import { atOnce } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { allAddedTokens } from './added-tokens.js';
import { changeSteps, type Step, stepsOf, withoutPrefix } from './forms.js';
import { type DeclaredTokens, declaredSpecialTokens } from './special-tokens.js';
import { defaultRoles, type TokenizerClass, tokenizerClassOf } from './tokenizer-class.js';
import { type AddedToken, badTokenizer, modelTokens, modelTypeOf, parseTokenizer } from './tokenizer-json.js';
import { tokenizerOfVocabulary, type VocabularyFiles } from './vocabulary-files.js';

/** The parsed files. */
export interface TokenizerFiles extends VocabularyFiles {
  /** tokenizer.json */
  tokenizer?: unknown;
  /** tokenizer_config.json */
  tokenizerConfig?: unknown;
  /** special_tokens_map.json */
  specialTokensMap?: unknown;
  /** added_tokens.json */
  addedTokens?: unknown;
  /** config.json of the model, which tells the class where the tokenizer's own files do not. */
  config?: unknown;
}

export interface ResolvedTokenizer {
  /** A tokenizer.json in which all is as the other files have it. */
  readonly tokenizer: JsonObject;
  /** All tokens by id. */
  readonly tokens: readonly (string | undefined)[];
  readonly addedTokens: readonly AddedToken[];
  readonly declared: DeclaredTokens;
  /** Special tokens that are written in a text are text, unless asked otherwise. */
  readonly splitSpecialTokens: boolean;
}

/**
 * Steps of tokenizer.json that no flag speaks of are kept, also where transformers 5 would build others for the class: models were
 * trained with them. @throws DataError `missing-tokenizer`, `tokenizer-class` or `bad-tokenizer`
 */
export function resolveTokenizer(files: TokenizerFiles): ResolvedTokenizer {
  return atOnce(resolvingTokenizer(files));
}

/** The same, which stops now and then where the vocabulary is large. */
export function* resolvingTokenizer(files: TokenizerFiles): Generator<void, ResolvedTokenizer> {
  const config = asObject(files.tokenizerConfig);
  const tokenizerClass = tokenizerClassOf(config, asObject(files.config));
  const { kind } = tokenizerClass;
  const given = files.tokenizer ?? tokenizerOfVocabulary(files, tokenizerClass);
  const json = parseTokenizer(given);
  const tokens = yield* modelTokens(json);
  const declared = declaredSpecialTokens(config, files.specialTokensMap, defaultRoles(kind));
  const added_tokens = allAddedTokens(json, {
    decoder: config.added_tokens_decoder,
    addedTokens: files.addedTokens,
    declared,
  });
  for (const { id, content } of added_tokens) tokens[id] = content;
  const tokenizer = withFlags(
    { ...(given as JsonObject), added_tokens, model: { ...json.model, type: modelTypeOf(json.model) } },
    config,
    tokenizerClass,
  );
  return {
    tokenizer: { ...tokenizer, post_processor: json.post_processor ?? templateOfClass() },
    tokens: Array.from(tokens),
    addedTokens: added_tokens,
    declared,
    splitSpecialTokens: config.split_special_tokens === true,
  };

  /** BERT and RoBERTa put their own tokens around a text whatever the file says; other models nothing, or what the files ask for. */
  function templateOfClass(): JsonObject | null {
    const token = (content: string | undefined) => {
      const id = added_tokens.find((added) => added.content === content)?.id;
      return id === undefined ? undefined : [content, id];
    };
    const { cls, sep, bos, eos } = declared.byRole;
    if (kind === 'bert' || kind === 'roberta') {
      const [first, last] = [token(cls), token(sep)];
      return first && last ? { type: 'BertProcessing', cls: first, sep: last } : null;
    }
    if (files.tokenizer !== undefined) return null;
    const [first, last] = [
      config.add_bos_token === true ? token(bos) : undefined,
      config.add_eos_token === true ? token(eos) : undefined,
    ];
    if (!first && !last) return null;
    const around = [first, last].filter((one) => one !== undefined);
    return {
      type: 'TemplateProcessing',
      single: [
        ...(first ? [{ SpecialToken: { id: first[0], type_id: 0 } }] : []),
        { Sequence: { id: 'A', type_id: 0 } },
        ...(last ? [{ SpecialToken: { id: last[0], type_id: 0 } }] : []),
      ],
      pair: [],
      special_tokens: Object.fromEntries(
        around.map(([id, number]) => [id, { id, ids: [number], tokens: [id] }]),
      ),
    };
  }
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

/** The flags that change how a text is read, and what tokenizer.json says of each. */
const flagOf = {
  do_lower_case: (tokenizer) =>
    hasStep(
      tokenizer.normalizer,
      ({ type, lowercase }) => type === 'Lowercase' || (type === 'BertNormalizer' && lowercase !== false),
    ),
  strip_accents: (tokenizer) =>
    hasStep(
      tokenizer.normalizer,
      ({ type, strip_accents, lowercase }) =>
        type === 'StripAccents' ||
        (type === 'BertNormalizer' && (strip_accents ?? lowercase !== false) === true),
    ),
  tokenize_chinese_chars: (tokenizer) =>
    hasStep(
      tokenizer.normalizer,
      ({ type, handle_chinese_chars }) => type === 'BertNormalizer' && handle_chinese_chars !== false,
    ),
  add_prefix_space: (tokenizer) =>
    hasStep(tokenizer.normalizer, ({ type }) => type === 'Prepend') ||
    hasStep(
      tokenizer.pre_tokenizer,
      ({ type, add_prefix_space, prepend_scheme }) =>
        (type === 'ByteLevel' && add_prefix_space !== false) ||
        (type === 'Metaspace' && prepend_scheme !== 'never' && add_prefix_space !== false),
    ),
} satisfies Record<string, (tokenizer: JsonObject) => boolean>;

function hasStep(part: unknown, is: (step: Step) => boolean): boolean {
  return [...stepsOf(part)].some(is);
}

/** @throws DataError `bad-tokenizer` where a flag asks for what cannot be put into the steps of the file */
function withFlags(tokenizer: JsonObject, config: JsonObject, { name, kind }: TokenizerClass): JsonObject {
  if (kind === 'file') return tokenizer;
  const changed = { ...tokenizer, ...flaggedSteps(tokenizer, config, kind) };
  for (const [flag, said] of Object.entries(flagOf)) {
    const asked = config[flag];
    if (typeof asked !== 'boolean' || asked === said(changed)) continue;
    throw badTokenizer(
      `tokenizer_config.json has ${flag}: ${asked} for ${name ?? 'its class'}, and tokenizer.json does as for ${said(changed)}`,
      undefined,
      'Make the two files agree, or save the tokenizer again with transformers.',
    );
  }
  return changed;
}

/** The parts that change by the flags that the class has; a flag that is not given has the class's own default. */
function flaggedSteps(tokenizer: JsonObject, config: JsonObject, kind: TokenizerClass['kind']): JsonObject {
  const flag = (key: keyof typeof flagOf, otherwise: boolean) => (config[key] ?? otherwise) !== false;
  if (kind === 'bert')
    return {
      normalizer: changeSteps(tokenizer.normalizer, (step) =>
        step.type === 'BertNormalizer'
          ? {
              ...step,
              lowercase: flag('do_lower_case', true),
              strip_accents: config.strip_accents ?? null,
              handle_chinese_chars: flag('tokenize_chinese_chars', true),
            }
          : step,
      ),
    };
  if (kind === 'llama') return llamaPrefix(tokenizer, config);
  if (kind === 'other') return {};
  const add_prefix_space = flag('add_prefix_space', false);
  return {
    pre_tokenizer: changeSteps(tokenizer.pre_tokenizer, (step) =>
      step.type === 'ByteLevel' ? { ...step, add_prefix_space } : step,
    ),
  };
}

/** Llama's ▁ at the start of a text, which decoding takes away again. */
function llamaPrefix(tokenizer: JsonObject, { add_prefix_space, legacy }: JsonObject): JsonObject {
  const stripsStart = ({ type, content, start }: Step) =>
    type === 'Strip' && content === ' ' && Number(start) > 0;
  if (add_prefix_space === false)
    return {
      ...withoutPrefix(tokenizer),
      decoder: changeSteps(tokenizer.decoder, (step) =>
        stripsStart(step) ? null : step.type === 'Metaspace' ? { ...step, prepend_scheme: 'never' } : step,
      ),
    };
  const isMetaspace = (step: Step) => step.type === 'Metaspace';
  if (!hasStep(tokenizer.pre_tokenizer, isMetaspace)) return {};
  const prepend_scheme = legacy === true ? 'always' : 'first';
  const withPrefix = (step: Step) => {
    const { add_prefix_space: _, ...rest } = step;
    return isMetaspace(step) ? { ...rest, prepend_scheme } : step;
  };
  const decoder = changeSteps(tokenizer.decoder, withPrefix) as Step | null;
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    pre_tokenizer: changeSteps(tokenizer.pre_tokenizer, withPrefix),
    decoder:
      decoder?.type === 'Sequence' && !hasStep(decoder, stripsStart) && !hasStep(decoder, isMetaspace)
        ? { ...decoder, decoders: [...(decoder.decoders as Step[]), strip] }
        : decoder,
  };
}
