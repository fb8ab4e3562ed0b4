// Command line: trains an AR or a masked model from text and writes it as a Hugging Face folder. See README.md.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createVocabulary,
  type ModelVocabulary,
  openCheckpoint,
  readJsonObject,
  readJsonObjectIfPresent,
} from '@maria/checkpoints';
import { type Architecture, MariaError, readArchitecture, schedules, UsageError } from '@maria/core';
import { chooseBackend, deviceName, readBackendChoice, readDeviceChoice } from '@maria/kernels';
import { Batches, type Framing } from './batches.js';
import { readSource, type TokenSource } from './corpus.js';
import { batchShape, count, maskRates, number } from './flag-values.js';
import { pretrain } from './pretrain.js';
import { initializeParameters, readParameters } from './trainable-weights.js';
import { writeModel } from './write-model.js';

const usage = `Usage: pretrain (--from DIR | --config FILE --tokenizer DIR) --data FILE[:UPSAMPLE] … --out DIR [options]
  --from DIR            go on from the weights of a checkpoint folder (its config and tokenizer are used)
  --config FILE         start from random weights of this config.json
  --tokenizer DIR       folder of tokenizer.json
  --data FILE[:N]       text to train on, .txt or .txt.zst, drawn N times as often as its length says; repeatable
  --eval-data FILE      held-out text; repeatable
  --out DIR             checkpoint, metrics.jsonl, and model/ when done; a run goes on from the checkpoint there
  --steps N             --batch WINDOWSxLENGTH (repeatable: steps take turns)   --at-once WINDOWS
  --learning-rate R     --schedule cosine|linear|constant   --warmup N   --decay LAST_STEPS
  --weight-decay R      --beta2 R   --clip R   --mask-rate MIN-MAX   --seed N
  --eval-every N        --save-every N   --threads N   --backend NAME   --device NAME`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      config: { type: 'string' },
      tokenizer: { type: 'string' },
      data: { type: 'string', multiple: true },
      'eval-data': { type: 'string', multiple: true },
      out: { type: 'string' },
      steps: { type: 'string', default: '1000' },
      batch: { type: 'string', multiple: true, default: ['16x192'] },
      'at-once': { type: 'string' },
      'learning-rate': { type: 'string', default: '1e-3' },
      schedule: { type: 'string', default: 'cosine' },
      warmup: { type: 'string', default: '100' },
      decay: { type: 'string', default: '0' },
      'weight-decay': { type: 'string', default: '0.1' },
      beta2: { type: 'string', default: '0.95' },
      clip: { type: 'string', default: '1' },
      'mask-rate': { type: 'string', default: '0.1-0.7' },
      seed: { type: 'string', default: '1' },
      'eval-every': { type: 'string', default: '100' },
      'save-every': { type: 'string', default: '100' },
      threads: { type: 'string' },
      backend: { type: 'string', default: 'ort' },
      device: { type: 'string', default: 'auto' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const { from, out, data = [] } = values;
  const configFile = from === undefined ? values.config : join(from, 'config.json');
  const tokenizerFolder = values.tokenizer ?? from;
  if (out === undefined || configFile === undefined || tokenizerFolder === undefined || data.length === 0)
    throw new UsageError('arguments-missing', 'Cannot start: --out, --data and a model are needed.', {
      try: '--help',
    });

  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const config = readJsonObject(configFile);
  const architecture = readArchitecture(config, configFile);
  const vocabulary = readVocabulary(tokenizerFolder);
  const framing = framingOf(architecture, vocabulary);
  const separatorId =
    architecture.kind === 'causal' ? framing.prefix[0]! : (await vocabulary.encode('<|endoftext|>'))[0]!;
  const seed = count(values.seed, 'seed', 0);
  const sources = async (files: readonly string[]) => {
    const read: TokenSource[] = [];
    for (const argument of files) {
      const [, file = argument, upsample = '1'] = /^(.*?)(?::([\d.]+))?$/.exec(argument)!;
      const source = await readSource(file, number(upsample, 'data'), vocabulary, separatorId);
      log(`${source.name}: ${source.ids.length} tokens, drawn ${source.upsample} times`);
      read.push(source);
    }
    return read;
  };
  const shapes = values.batch.map((batch) => batchShape(batch, architecture.sizes.maxLength));
  const rates = maskRates(values['mask-rate']);
  const schedule = schedules.find((name) => name === values.schedule);
  if (!schedule)
    throw new UsageError('schedule-unknown', `Cannot use the schedule "${values.schedule}".`, {
      try: `Use one of ${schedules.join(', ')}.`,
    });
  const evalData = values['eval-data'] ?? [];
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const threads = values.threads === undefined ? {} : { threads: count(values.threads, 'threads') };
  const device = readDeviceChoice(values.device);
  const { parameters, steps } = await pretrain({
    backend: await chooseBackend({
      backend: readBackendChoice(values.backend),
      ...(device && { device: deviceName(device) }),
      ...threads,
    }),
    architecture,
    parameters:
      from === undefined
        ? initializeParameters(architecture, seed)
        : readParameters(architecture, openCheckpoint(from).weights),
    training: new Batches(await sources(data), seed),
    ...(evalData.length > 0 && { evaluation: new Batches(await sources(evalData), 0) }),
    framing,
    ...(architecture.kind === 'masked' && {
      masking: { rates, maskId: maskOf(vocabulary), specialIds: vocabulary.specialIds },
    }),
    shapes,
    windowsAtOnce: values['at-once'] === undefined ? shapes[0]!.windows : count(values['at-once'], 'at-once'),
    schedule: {
      peak: number(values['learning-rate'], 'learning-rate'),
      warmup: count(values.warmup, 'warmup', 0),
      steps: count(values.steps, 'steps'),
      schedule,
      decay: count(values.decay, 'decay', 0),
    },
    weightDecay: number(values['weight-decay'], 'weight-decay'),
    beta2: number(values.beta2, 'beta2'),
    clip: number(values.clip, 'clip'),
    out,
    settings: JSON.stringify({ seed, data, batch: values.batch }),
    evaluateEvery: count(values['eval-every'], 'eval-every'),
    saveEvery: count(values['save-every'], 'save-every'),
    log,
    now: () => performance.now(),
    signal: stop.signal,
  });
  await writeModel(join(out, 'model'), config, parameters, tokenizerFolder);
  log(`${steps} steps, written to ${join(out, 'model')}`);
}

function readVocabulary(folder: string): ModelVocabulary {
  return createVocabulary({
    tokenizer: readJsonObject(join(folder, 'tokenizer.json')),
    tokenizerConfig: readJsonObjectIfPresent(join(folder, 'tokenizer_config.json')),
    specialTokensMap: readJsonObjectIfPresent(join(folder, 'special_tokens_map.json')),
  });
}

function maskOf({ maskId }: ModelVocabulary): number {
  if (maskId === undefined)
    throw new UsageError('mask-missing', 'Cannot train: the tokenizer has no mask token.', {
      try: 'Name it in tokenizer_config.json ("mask_token"), or train a causal model.',
    });
  return maskId;
}

/** As maria gives text to the models: a document-start token, or the tokenizer's template. */
function framingOf({ kind, sizes }: Architecture, vocabulary: ModelVocabulary): Framing {
  if (kind === 'masked') return vocabulary.template ?? { prefix: [], suffix: [] };
  const start = sizes.bosId ?? sizes.eosId ?? vocabulary.bosId ?? vocabulary.eosId;
  if (start === undefined)
    throw new UsageError(
      'prefix-missing',
      'Cannot train: config.json names no bos_token_id and no eos_token_id.',
    );
  return { prefix: [start], suffix: [] };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  if (error instanceof MariaError && error.try !== undefined) process.stderr.write(`Try: ${error.try}\n`);
  process.exitCode = 1;
}
