// What to try after an error, in flags and commands of maria: the libraries tell codes and facts and know no flags.
import { knownLicense } from '@maria/checkpoints/known-pairs';
import type { Facts, MariaError } from '@maria/core/errors';
import { meantModel, meantPair } from './meant-model.js';

/** The line after "Try:". */
export function tryNext({ code, facts, try: advice }: MariaError): string | undefined {
  return (Object.hasOwn(hints, code) && hints[code]?.(facts)) || advice;
}

/** By code. Without a hint for the facts at hand, what the library advises holds. */
export const hints: Readonly<Record<string, (facts: Facts) => string | undefined>> = {
  'access-denied': (facts) => knownTerms(facts) ?? meantPair(facts),
  'bad-safetensors': mendInCache,
  'config-invalid': ({ denoiser }) =>
    denoiser === undefined ? undefined : 'Fill with it: --denoiser MODEL.',
  'constraint-invalid': () => 'maria infill --help',
  'context-too-long': longerContext,
  'data-gone': () => 'Give the same text again, such as --data -.',
  'denoiser-missing': () =>
    'Name one: --system NAME=MODEL,kind=diffusion, or --denoiser MODEL in eval anneal.',
  'device-lacks-kernels': () => 'Leave out --device: the CPU computes it.',
  'device-option': () => 'Leave it out, or use --device cuda with --backend ort.',
  'dtype-unfit': ({ dtypes }) => `--dtype ${[dtypes].flat().join(', or --dtype ')}; or a GPU: --device cuda.`,
  'device-unfit': ({ devices, backends }) =>
    `--device ${[devices].flat().join(', or --device ')}; or --backend ${[backends].flat().join(', or --backend ')}.`,
  'disk-full': roomInCache,
  diverged: ({ run, savedSteps, learningRate }) => {
    const slower = `--lr ${learningRate}`;
    if (run === undefined) return undefined;
    return savedSteps === undefined
      ? `Start again with ${slower}: nothing of it is saved yet.`
      : `${goOn(run, savedSteps)} ${slower}`;
  },
  'expert-missing': ({ energy }) =>
    energy === undefined ? 'Use the backbones themselves, with --ar and --mlm.' : 'Use --energy fused.',
  'family-untold': ({ family }) => `If it was: --family ${family}. To fuse it with an MLM: --ar and --mlm.`,
  'gap-too-long': () => 'Make the gap shorter, or --window larger where the models read more.',
  'first-token-masked': () => 'Begin with known text, or use --ar-prefix eos.',
  'invalid-recording': () => 'Record with maria infill --events, or maria anneal --trace FILE.',
  'invalid-trace': () => 'Record with maria anneal --trace FILE.',
  'judge-invalid': () => 'Give one such as --judge-url https://api.openai.com/v1.',
  'judge-refused': () =>
    'Set OPENAI_API_KEY, or another variable and name it with --key-env; check --judge-url and --judge-model.',
  'kv-cache-unsupported': ({ device }) =>
    device === undefined ? 'Give --kv-cache float32, or --backend ort.' : 'Give --kv-cache float32.',
  'maria-parts': () => 'Give the two backbones as folders with --ar DIR --mlm DIR.',
  'mask-missing': ({ denoiser }) =>
    denoiser === undefined ? undefined : 'Give the id of the mask: --mask-id ID.',
  'memory-short': lessMemory,
  'missing-file': ({ holds }) =>
    holds === undefined ? undefined : 'If it is a text itself, maria score --mask-rate 0.5 TEXT',
  'missing-model': meantModel,
  'missing-tensor': ({ copy }) => (copy === undefined ? undefined : 'maria models prune --all'),
  'model-kind': ({ kind }) => `Give it as ${kind === 'causal' ? '--ar' : '--mlm'}.`,
  'no-data': ({ sources }) => (sources === 0 ? 'maria train --data story.txt --out DIR' : undefined),
  'no-eval-data': () => 'Give held-out text: --eval-data FILE.',
  'no-pair': () => 'maria models pairs',
  'not-cached': () => 'maria models ls',
  'nothing-scored': () => 'Cut the texts into shorter windows: --words N.',
  'not-found': meantPair,
  'not-maria': () => 'Give a pair of backbones with --ar DIR --mlm DIR.',
  offline: (facts) => meantPair(facts) ?? `Unset HF_HUB_OFFLINE and run maria models pull ${facts.model}`,
  'out-of-memory': () =>
    'Give --batch 1, a shorter text or a smaller --context, --kv-cache float16, or --quantize int8 or int4.',
  'options-exclude': ({ options }) => exclusions[String(options)],
  'out-occupied': () => 'Use another folder: --out DIR.',
  'packed-weights': () =>
    'Use the model that it was made of, in F32, F16 or BF16; --quantize int4 makes that one smaller here.',
  'pair-incomplete': () => 'Give both --ar DIR and --mlm DIR.',
  'prefix-missing': () => 'Use --ar-prefix auto or --ar-prefix none.',
  'run-exists': () => 'Go on with it: --resume. Or train in another folder: --out DIR.',
  'run-locked': () => 'Wait for it, or use another folder: --out DIR.',
  'run-other': () => 'Give what the run was started with, or another folder: --out DIR.',
  'setting-fixed': ({ setting }) => `Leave --${setting} out, or start a run in another folder.`,
  'sampler-unfit': ({ samplers }) => `--sampler ${[samplers].flat().join(', or --sampler ')}`,
  'steps-taken': ({ steps }) => `--steps ${steps} or more`,
  'tfjs-no-gpu': () => 'Install the libraries of CUDA 11.2 and cuDNN 8.1, or use --backend ort.',
  'tokenizer-untold': () =>
    'Give the tokenizer that it was trained with: --tokenizer MODEL. That of GPT-2 is openai-community/gpt2.',
  'truncated-file': mendInCache,
  'unsupported-dtype': () => 'Use the model in one of these types; --quantize makes it smaller here.',
  'vocabularies-differ': () => 'Mask words or spans, which all systems have: --mask words.',
  'vocabulary-mismatch': ({ recording }) =>
    recording === undefined
      ? undefined
      : 'Replay with the model that made the recording: --model, or --ar and --mlm.',
  'window-unfit': () => 'Leave out --window, or give another --system.',
  'window-too-long': ({ longest }) => `--window ${longest}`,
  'write-failed': ({ cache, out, run, savedSteps }) => {
    if (cache !== undefined) return roomInCache({ cache });
    if (out !== undefined) return 'Choose another folder: --out DIR.';
    if (run === undefined) return undefined;
    return savedSteps === undefined
      ? 'Free some space. Then start again: nothing of it is saved yet.'
      : `Free some space. ${goOn(run, savedSteps)}`;
  },
};

const exclusions: Readonly<Record<string, string>> = {
  'model,ar,mlm': 'Give either --model, or both --ar and --mlm.',
  'model,resume': 'Leave --model out, or start a run in another folder.',
  'init,model': 'Leave out --init or --model.',
};

type Fact = Facts[string];

/** What to accept, and where, of a model that is half of a known pair. */
function knownTerms({ model, terms, hasToken }: Facts): string | undefined {
  const license = terms === undefined ? undefined : knownLicense(String(model));
  if (license === undefined) return undefined;
  const token = hasToken
    ? 'and use a token of the same account that may read gated repositories'
    : `make a token on ${new URL(String(terms)).origin}/settings/tokens, and set HF_TOKEN to it`;
  return `Accept the terms of its licence (${license}) on ${terms}, ${token}.`;
}

function goOn(run: Fact, savedSteps: Fact): string {
  return `Its state after ${savedSteps} steps is kept; go on with: maria train --out ${run} --resume`;
}

function longerContext({ capacity, longest, lastGap, judged, fitsInWindows }: Facts): string | undefined {
  if (fitsInWindows)
    return lastGap === undefined
      ? 'Read it in windows: --window auto.'
      : 'Read it in windows: --window auto. Or give a larger --context if one was given.';
  if (lastGap !== undefined)
    return 'Split the text, give a larger --context if one was given, or use a model with a longer context.';
  if (judged !== undefined) return 'Judge a shorter text, or give a larger --context if one was given.';
  return capacity !== undefined && longest !== undefined && capacity < longest
    ? `Give a shorter text, or a --context above ${capacity}; the model was made for ${longest}.`
    : undefined;
}

function roomInCache({ cache }: Facts): string | undefined {
  if (cache === 'copies') return 'Set MARIA_CACHE to another folder, or make room with `maria models prune`.';
  return cache === 'hub'
    ? 'Free some space (maria models ls shows what is there), or set HF_HUB_CACHE to another folder.'
    : undefined;
}

/** What is damaged in the Hub's cache is downloaded again. */
function mendInCache({ file }: Facts): string | undefined {
  const name = /[\\/]models--([^\\/]+)[\\/]/.exec(String(file))?.[1];
  return name && `maria models pull ${name.replace('--', '/')}`;
}

function lessMemory({ kvCache, quantize, capacity, alone, takes }: Facts): string | undefined {
  const flags = [
    kvCache === undefined ? [] : [`--kv-cache ${kvCache}`],
    quantize === undefined ? [] : [`--quantize ${quantize}`],
    capacity === undefined ? [] : [`--context ${capacity}`],
  ].flat();
  if (flags.length === 0) return undefined;
  const size = takes === undefined ? '' : `, which takes about ${(Number(takes) / 2 ** 30).toFixed(2)} GiB`;
  return `Give ${flags.join(' ')}${alone ? ' alone' : ''}${size}.`;
}
