// Loads a MARIA model: the embedded pair, a pair of folders (product of experts), or a MARIA checkpoint.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type Alignment,
  type Architecture,
  type ArPrefixChoice,
  allOrNone,
  type Backend,
  type CausalArchitecture,
  chooseAlignment,
  createCausalModel,
  createExpert,
  createHead,
  createMaskedModel,
  createVocabulary,
  DataError,
  type HeadMatrix,
  type HeadParts,
  type MariaModel,
  type MaskedArchitecture,
  type MlmTemplateChoice,
  type ModelVocabulary,
  pairVocabularies,
  readArchitecture,
  translateIds,
  UsageError,
  type Vocabulary,
  Weights,
} from '@maria/core';
import { backboneFolder, headTensors, isMariaConfig, readMariaConfig } from './maria-checkpoint.js';
import { type BackendChoice, chooseBackend } from './ort/choose.js';
import { type Checkpoint, openCheckpoint } from './weights/checkpoint.js';
import { checkFinite, findNonFinite } from './weights/find-non-finite.js';

export interface LoadModelOptions {
  /** Folder of a MARIA checkpoint. */
  model?: string;
  /** Folder of the autoregressive model; needs `mlm` too. Untrained pairs are fused as a product of experts. */
  ar?: string;
  /** Folder of the masked language model. */
  mlm?: string;
  /** What computes. @default 'auto', ONNX Runtime through its C API, else through its Node binding with a warning */
  backend?: BackendChoice;
  /** Token before the text in the AR model's input. @default as the checkpoint says, else 'auto' */
  arPrefix?: ArPrefixChoice;
  /** Whether the MLM's tokenizer template ([CLS] … [SEP]) is used. @default as the checkpoint says, else 'auto' */
  mlmTemplate?: MlmTemplateChoice;
  /** Most tokens of the AR model's KV cache, allocated once. @default the model's own context, at most 8192 */
  capacity?: number;
  /** Threads of one computation. @default the machine's cores */
  threads?: number;
  onWarning?: (message: string) => void;
}

/** Models with less than this are searched for NaN and Inf when they are loaded; larger ones when logits are not finite. */
const eagerCheckBytes = 64 * 2 ** 20;
const defaultMaxCapacity = 8192;

/**
 * Loads a model; without `model`, `ar` and `mlm` the pair that ships with maria.
 * Weights stay in their files, mapped by the runtime. Call `dispose()` when done.
 * @throws UsageError for options that exclude each other
 * @throws DataError when files are missing or damaged, or the two models do not fit each other
 * @throws DeviceError when no backend works
 */
export async function loadModel(options: LoadModelOptions = {}): Promise<MariaModel> {
  // The library starts on a thread of its own while the files are read.
  const starting = chooseBackend(options);
  // When the files are unfit, that is what the caller hears of.
  starting.catch(() => {});
  const pair = openPair(options);
  const { ar, mlm, vocabulary } = pair;
  for (const [what, { checkpoint }] of Object.entries({ 'the AR model': ar, 'the MLM': mlm })) {
    if (bytesOf(checkpoint) < eagerCheckBytes) await checkFinite(what, checkpoint.weights);
  }
  const backend = await starting;
  return runPair(backend, pair, vocabulary, options);
}

interface Part<A extends Architecture> {
  readonly checkpoint: Checkpoint;
  readonly architecture: A;
}

interface Pair {
  readonly ar: Part<CausalArchitecture>;
  readonly mlm: Part<MaskedArchitecture>;
  /** The AR model's id of each of the pair's ids, where they differ. */
  readonly translation?: { readonly arIds: Int32Array; readonly tokens: ModelVocabulary['tokens'] };
  readonly vocabulary: Vocabulary;
  readonly alignment: Alignment;
  readonly head: HeadParts;
}

function openPair(options: LoadModelOptions): Pair {
  const { model, ar, mlm } = options;
  if (model !== undefined) {
    if (ar !== undefined || mlm !== undefined)
      throw new UsageError(
        'options-exclude',
        'Cannot load the model: a MARIA checkpoint names its own pair.',
        {
          try: 'Give either --model, or both --ar and --mlm.',
        },
      );
    return openMaria(model, options);
  }
  if ((ar === undefined) !== (mlm === undefined))
    throw new UsageError(
      'pair-incomplete',
      `Cannot load the pair: only the ${ar === undefined ? 'MLM' : 'AR model'} is given.`,
      {
        try: 'Give both --ar DIR and --mlm DIR.',
      },
    );
  if (ar !== undefined && mlm !== undefined) return openBackbones(ar, mlm, options);
  const folder = embeddedFolder();
  return openBackbones(join(folder, 'ar'), join(folder, 'mlm'), options);
}

/** Folder of the pair that ships with maria. */
export function embeddedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@maria/tiny/package.json'));
}

function openMaria(folder: string, options: LoadModelOptions): Pair {
  const checkpoint = openCheckpoint(folder, { weights: 'head' });
  if (!isMariaConfig(checkpoint.config))
    throw new DataError(
      'not-maria',
      `Cannot load the MARIA model in ${folder}: its model_type is "${checkpoint.config.model_type}".`,
      {
        try: 'Give a pair of backbones with --ar DIR --mlm DIR.',
      },
    );
  const config = readMariaConfig(checkpoint.config, folder);
  const pair = openBackbones(backboneFolder(folder, config.ar), backboneFolder(folder, config.mlm), options);
  const V = config.vocab_size;
  if (V > pair.head.vocabularySize)
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot load the MARIA model in ${folder}: its head has ${V} rows, the pair shares ${pair.head.vocabularySize}.`,
    );
  const source = checkpoint.weights;
  const headWeights = new Weights(source);
  headWeights.get(headTensors.ar, [V, pair.ar.architecture.sizes.hiddenSize]);
  headWeights.get(headTensors.mlm, [V, pair.mlm.architecture.sizes.hiddenSize]);
  headWeights.get(headTensors.bias, [V]);
  const recorded = { arPrefix: config.ar_prefix, mlmPrefix: config.mlm_prefix, mlmSuffix: config.mlm_suffix };
  return {
    ...pair,
    alignment: {
      arPrefix: options.arPrefix === undefined ? recorded.arPrefix : pair.alignment.arPrefix,
      mlmPrefix: options.mlmTemplate === undefined ? recorded.mlmPrefix : pair.alignment.mlmPrefix,
      mlmSuffix: options.mlmTemplate === undefined ? recorded.mlmSuffix : pair.alignment.mlmSuffix,
    },
    head: {
      vocabularySize: V,
      ar: { source, weight: headTensors.ar, hiddenSize: pair.ar.architecture.sizes.hiddenSize },
      mlm: {
        source,
        weight: headTensors.mlm,
        bias: headTensors.bias,
        hiddenSize: pair.mlm.architecture.sizes.hiddenSize,
      },
    },
  };
}

function openBackbones(arFolder: string, mlmFolder: string, options: LoadModelOptions): Pair {
  const ar = openPart(arFolder, 'causal');
  const mlm = openPart(mlmFolder, 'masked');
  const arVocabulary = vocabularyOf(ar.checkpoint, 'AR model');
  const vocabulary = vocabularyOf(mlm.checkpoint, 'MLM');
  const { arIds, toShared, ...shared } = pairVocabularies(arVocabulary, vocabulary);
  if (vocabulary.maskId === undefined)
    throw new DataError(
      'mask-missing',
      `Cannot load the MLM in ${mlmFolder}: its tokenizer has no mask token.`,
    );
  const sharedOr = (arId: number | undefined) => (arId === undefined ? undefined : toShared(arId));
  const alignment = chooseAlignment(
    { arPrefix: options.arPrefix ?? 'auto', mlmTemplate: options.mlmTemplate ?? 'auto' },
    {
      bosId: sharedOr(ar.architecture.sizes.bosId ?? arVocabulary.bosId),
      eosId: sharedOr(ar.architecture.sizes.eosId ?? arVocabulary.eosId),
    },
    vocabulary.template,
  );
  const arRows = ar.architecture.sizes.vocabularySize;
  const mlmRows = mlm.architecture.sizes.vocabularySize;
  // Tokens that a tokenizer has and its model's table has not are none.
  const rows = arIds?.map((id) => (id < arRows ? id : -1));
  return {
    ar,
    mlm,
    ...(rows && { translation: { arIds: rows, tokens: vocabulary.tokens } }),
    vocabulary: { ...vocabulary, ...shared, maskId: vocabulary.maskId },
    alignment,
    head: {
      vocabularySize: Math.min(rows?.length ?? arRows, mlmRows),
      ar: { ...expert(ar), rows },
      mlm: expert(mlm),
    },
  };
}

function openPart(folder: string, kind: 'causal'): Part<CausalArchitecture>;
function openPart(folder: string, kind: 'masked'): Part<MaskedArchitecture>;
function openPart(folder: string, kind: Architecture['kind']): Part<Architecture> {
  const checkpoint = openCheckpoint(folder);
  const architecture = readArchitecture(checkpoint.config, join(folder, 'config.json'));
  if (architecture.kind !== kind) {
    const [is, flag] =
      architecture.kind === 'causal' ? ['an AR model', '--ar'] : ['a masked language model', '--mlm'];
    throw new DataError(
      'model-kind',
      `Cannot use ${folder} as the ${kind === 'causal' ? 'AR model' : 'MLM'}: "${architecture.modelType}" is ${is}.`,
      {
        try: `Give it as ${flag}.`,
      },
    );
  }
  return { checkpoint, architecture };
}

function vocabularyOf(checkpoint: Checkpoint, what: string) {
  const { tokenizer, tokenizerConfig, specialTokensMap, folder } = checkpoint;
  if (!tokenizer)
    throw new DataError(
      'missing-model-file',
      `Cannot load the ${what} in ${folder}: it has no tokenizer.json.`,
      {
        try: 'Save the model’s fast tokenizer next to its weights.',
      },
    );
  return createVocabulary({ tokenizer, tokenizerConfig, specialTokensMap });
}

/** A model's own output embedding, halved: one factor of the product of experts. */
function expert({ checkpoint, architecture }: Part<Architecture>): HeadMatrix & { hiddenSize: number } {
  const { weight, bias } = architecture.outputEmbedding;
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const weights = new Weights(checkpoint.weights, architecture.tensorNames);
  weights.get(weight, [vocabularySize, hiddenSize]);
  if (bias !== undefined) weights.get(bias, [vocabularySize]);
  return {
    source: checkpoint.weights,
    weight: weights.resolve(weight)!,
    bias: bias === undefined ? undefined : weights.resolve(bias)!,
    scale: 0.5,
    hiddenSize,
  };
}

async function runPair(
  backend: Backend,
  pair: Pair,
  vocabulary: Vocabulary,
  options: LoadModelOptions,
): Promise<MariaModel> {
  const V = pair.head.vocabularySize;
  const capacity = options.capacity ?? Math.min(pair.ar.architecture.sizes.maxLength, defaultMaxCapacity);
  const [ar, mlm, head] = await allOrNone([
    createCausalModel(backend, pair.ar.architecture, pair.ar.checkpoint.weights, capacity),
    createMaskedModel(backend, pair.mlm.architecture, pair.mlm.checkpoint.weights),
    createHead(backend, pair.head),
  ]);
  const experts = {
    ar: createExpert(backend, V, { ...expert(pair.ar), scale: 1, rows: pair.translation?.arIds }),
    mlm: createExpert(backend, V, { ...expert(pair.mlm), scale: 1 }),
  };
  const parts = [ar, mlm, head, experts.ar, experts.mlm];
  return {
    ar: pair.translation ? translateIds(ar, pair.translation.arIds, pair.translation.tokens) : ar,
    mlm,
    head,
    experts,
    vocabulary,
    alignment: pair.alignment,
    findNonFiniteTensor: () => findNonFiniteTensor(pair),
    interrupt: () => {
      for (const part of parts) part.interrupt();
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

function bytesOf({ weights }: Checkpoint): number {
  let total = 0;
  for (const { length } of weights.entries.values()) total += length;
  return total;
}

async function findNonFiniteTensor({ ar, mlm, head }: Pair): Promise<string | undefined> {
  const sources = new Set([ar.checkpoint.weights, mlm.checkpoint.weights, head.ar.source, head.mlm.source]);
  for (const source of sources) {
    const found = await findNonFinite(source);
    if (found) return found.name;
  }
  return undefined;
}
