// Which class of transformers reads a tokenizer's files. Some take tokenizer.json as it is, others set steps of it by flags of their own.
import type { JsonObject } from '../weights/json-file.js';
import type { TokenRole } from './special-tokens.js';

/** How a class reads its files. `file`: tokenizer.json as it is. `other`: by rules that are not known here. */
export type TokenizerKind = 'file' | 'bert' | 'gpt2' | 'roberta' | 'gpt_neox' | 'qwen2' | 'llama' | 'other';

export interface TokenizerClass {
  /** As the files name it, without "Fast"; undefined where they name none. */
  readonly name: string | undefined;
  readonly kind: TokenizerKind;
}

/** Names without "Fast". Models that come with code of their own have copies of classes under other names. */
const kinds: ReadonlyMap<string, TokenizerKind> = new Map([
  ['TokenizersBackend', 'file'],
  ['PreTrainedTokenizer', 'file'],
  ['GemmaTokenizer', 'file'],
  ['BertTokenizer', 'bert'],
  ['DistilBertTokenizer', 'bert'],
  ['ElectraTokenizer', 'bert'],
  ['GPT2Tokenizer', 'gpt2'],
  ['MaskTokenWrapper', 'gpt2'],
  ['RobertaTokenizer', 'roberta'],
  ['GPTNeoXTokenizer', 'gpt_neox'],
  ['Qwen2Tokenizer', 'qwen2'],
  ['DreamTokenizer', 'qwen2'],
  ['LlamaTokenizer', 'llama'],
]);

/** Classes of model types, for files that name none. */
const classOfModel: ReadonlyMap<unknown, string> = new Map([
  ['bert', 'BertTokenizer'],
  ['distilbert', 'BertTokenizer'],
  ['electra', 'BertTokenizer'],
  ['gpt2', 'GPT2Tokenizer'],
  ['roberta', 'RobertaTokenizer'],
  ['gpt_neox', 'GPTNeoXTokenizer'],
  ['olmo', 'GPTNeoXTokenizer'],
  ['qwen2', 'Qwen2Tokenizer'],
  ['qwen3', 'Qwen2Tokenizer'],
]);

/** Model types that take tokenizer.json as it is, whatever class their files name. */
const takenAsFile: ReadonlySet<unknown> = new Set(['modernbert', 'modernbert-decoder', 'olmo2', 'olmo3']);

/** @param modelConfig config.json, where there is one */
export function tokenizerClassOf(tokenizerConfig: JsonObject, modelConfig: JsonObject): TokenizerClass {
  const modelType = modelConfig.model_type;
  const given = [tokenizerConfig.tokenizer_class, modelConfig.tokenizer_class].find(
    (name) => typeof name === 'string',
  );
  const name = (given ?? classOfModel.get(modelType))?.replace(/Fast$/, '');
  if (name === undefined || takenAsFile.has(modelType)) return { name, kind: 'file' };
  return { name, kind: kinds.get(name) ?? 'other' };
}

type Roles = Readonly<Partial<Record<TokenRole, string>>>;
const bertRoles = { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' };
const gpt2Roles = { unk: '<|endoftext|>', bos: '<|endoftext|>', eos: '<|endoftext|>' };
const robertaRoles = {
  bos: '<s>',
  eos: '</s>',
  sep: '</s>',
  cls: '<s>',
  unk: '<unk>',
  pad: '<pad>',
  mask: '<mask>',
};

/** Special tokens that a class has where its files name none, as those of BERT, GPT-2 and RoBERTa do not. */
export function defaultRoles(kind: TokenizerKind): Roles {
  if (kind === 'bert') return bertRoles;
  if (kind === 'gpt2') return gpt2Roles;
  return kind === 'roberta' ? robertaRoles : {};
}
