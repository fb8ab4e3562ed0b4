// POST /v1/completions, in OpenAI's shape: a prompt, with gaps or a suffix, and what fills them.
import { randomInt, randomUUID } from 'node:crypto';
import { type InfillOptions, type MariaModel, type ParsedGaps, parseGaps } from '@maria/core';
import type { z } from 'zod';
import { defined } from '../flags.js';
import type { JsonObject } from '../jsonl.js';
import {
  type CompletedToken,
  type CompletionTask,
  completing,
  type Finish,
  type Usage,
} from './completing.js';
import type { Metrics } from './metrics.js';
import { badRequest } from './refusal.js';
import { readFields } from './request-body.js';
import type { Served } from './served.js';
import { completion, mostTexts } from './settings.js';

type Asked = z.output<typeof completion>;

export interface Completion {
  readonly asked: Asked;
  readonly tasks: readonly CompletionTask[];
  /** For `echo`: each prompt as it is told before its completions. */
  readonly echoes: readonly string[];
}

/** @throws Refusal 400 naming the field */
export function completionOf(body: JsonObject, model: MariaModel, signal: AbortSignal): Completion {
  const asked = readFields(completion, body);
  const prompts = promptsOf(asked.prompt);
  const samples = asked.n ?? 1;
  if (prompts.length * samples > mostTexts)
    throw badRequest(`${prompts.length} prompts with n ${samples} are more than ${mostTexts} choices`, 'n');
  if (asked.best_of != null && asked.best_of !== samples)
    throw badRequest('best_of must be as n: what is filled is not chosen among', 'best_of');
  if (asked.stream_options != null && !asked.stream)
    throw badRequest('stream_options goes with stream', 'stream_options');
  if (asked.echo && asked.logprobs != null)
    throw badRequest('the tokens of the prompt have no logprobs: leave out echo or logprobs', 'echo');
  const options = optionsOf(asked, model, signal);
  const tasks = prompts.map((prompt, record) => taskOf(prompt, asked, model, { ...options, record }));
  const echoes = tasks.map(({ pieces, whole }) => (asked.echo && !whole ? pieces!.segments[0]! : ''));
  return { asked, tasks, echoes };
}

function optionsOf(asked: Asked, { vocabularySize }: MariaModel, signal: AbortSignal): InfillOptions {
  const bias = Object.entries(asked.logit_bias ?? {}).map(([id, added]): [number, number] => [
    Number(id),
    added,
  ]);
  const beyond = bias.find(([id]) => id >= vocabularySize);
  if (beyond)
    throw badRequest(`the vocabulary has ${vocabularySize} ids, and none is ${beyond[0]}`, 'logit_bias');
  return {
    temperature: asked.temperature ?? 1,
    seed: asked.seed ?? randomInt(2 ** 32),
    samples: asked.n ?? 1,
    alternatives: asked.logprobs ?? 0,
    ...defined({ topP: asked.top_p ?? undefined, topK: asked.top_k ?? undefined }),
    ...(bias.length > 0 && { constraint: { bias } }),
    speculate: 'auto',
    signal,
  };
}

type Prompt = string | readonly number[];

function promptsOf(prompt: Asked['prompt']): readonly Prompt[] {
  if (typeof prompt === 'string') return [prompt];
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as readonly Prompt[]);
}

/** Where the prompt has gaps, these are filled; else one is put after it, before the suffix. */
function taskOf(prompt: Prompt, asked: Asked, model: MariaModel, options: InfillOptions): CompletionTask {
  const { maskToken, maskId } = model.vocabulary;
  const stop = [asked.stop ?? []].flat();
  if (typeof prompt !== 'string') {
    if (asked.suffix != null) throw badRequest('the prompt is ids, and suffix is text', 'suffix');
    if (asked.echo) throw badRequest('the prompt is ids, which are not told as text', 'echo');
    const gaps = prompt.filter((id) => id === maskId).length;
    if (gaps > 0) refuseBeyondGaps(asked, gaps, stop);
    const masks = gaps > 0 ? [] : Array<number>(asked.max_tokens ?? defaultTokens).fill(maskId);
    return { input: [...prompt, ...masks], whole: gaps > 0, stop, options };
  }
  const parsed = parseGaps(prompt, { maskToken });
  const gaps = parsed.gaps.reduce((sum, { tokens }) => sum + tokens, 0);
  if (gaps > 0) {
    if (asked.suffix != null)
      throw badRequest('the prompt has gaps, what stands after them belongs into it', 'suffix');
    refuseBeyondGaps(asked, gaps, stop);
    return { input: parsed, pieces: parsed, whole: true, stop, options };
  }
  const pieces = gapBetween(parsed.segments[0]!, asked.max_tokens ?? defaultTokens, asked.suffix ?? '');
  return { input: pieces, pieces, whole: false, stop, options };
}

/** As OpenAI's. */
const defaultTokens = 16;

export function gapBetween(before: string, tokens: number, after: string): ParsedGaps {
  return { segments: [before, after], gaps: [{ tokens, marker: `[MASK*${tokens}]` }] };
}

function refuseBeyondGaps({ max_tokens }: Asked, gaps: number, stop: readonly string[]): void {
  if (stop.length > 0) throw badRequest('the prompt has gaps, and nothing stops within them', 'stop');
  if (max_tokens != null && max_tokens < gaps)
    throw badRequest(
      `the gaps of the prompt have ${gaps} tokens, and max_tokens is ${max_tokens}`,
      'max_tokens',
    );
}

interface Choice {
  text: string;
  tokens: CompletedToken[];
  finish: Finish | undefined;
}

interface Told {
  readonly id: string;
  readonly object: 'text_completion';
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

/** What all parts of an answer begin with. */
export function headOf({ name }: Served, version: string, nowMs: number): Told {
  return {
    id: `cmpl-${randomUUID()}`,
    object: 'text_completion',
    created: Math.floor(nowMs / 1000),
    model: name,
    system_fingerprint: `maria-${version}`,
  };
}

type Work = Served & { readonly metrics: Metrics };

/** The whole answer. */
export async function completeAll(
  work: Work,
  { asked, tasks, echoes }: Completion,
  head: Told,
): Promise<object> {
  const samples = asked.n ?? 1;
  const choices: Choice[] = Array.from({ length: tasks.length * samples }, (_, i) => ({
    text: echoes[Math.floor(i / samples)]!,
    tokens: [],
    finish: undefined,
  }));
  const usage: Usage = { promptTokens: 0, completionTokens: 0 };
  for await (const { prompt, sample, text, tokens, finish } of completing(work, tasks, usage)) {
    const choice = choices[prompt * samples + sample]!;
    choice.text += text;
    choice.tokens.push(...tokens);
    choice.finish ??= finish;
  }
  return {
    ...head,
    choices: choices.map(({ text, tokens, finish }, index) => ({
      index,
      text,
      logprobs: asked.logprobs == null ? null : logprobsOf(tokens, asked.logprobs, 0),
      finish_reason: finish,
    })),
    usage: usageOf(usage),
  };
}

/** The parts of the answer as they come. */
export async function* completeInParts(
  work: Work,
  { asked, tasks, echoes }: Completion,
  head: Told,
): AsyncGenerator<object> {
  const samples = asked.n ?? 1;
  const usage: Usage = { promptTokens: 0, completionTokens: 0 };
  const withUsage = asked.stream_options?.include_usage;
  /** Tokens whose text is not sure yet go with the next text; and where in the text they begin. */
  const held = new Map<number, { tokens: CompletedToken[]; length: number }>();
  for await (const { prompt, sample, text, tokens, finish } of completing(work, tasks, usage)) {
    const index = prompt * samples + sample;
    const echo = held.has(index) ? '' : echoes[prompt]!;
    const own = held.get(index) ?? { tokens: [], length: 0 };
    held.set(index, own);
    own.tokens.push(...tokens);
    if (text === '' && echo === '' && finish === undefined) continue;
    const logprobs = asked.logprobs == null ? null : logprobsOf(own.tokens, asked.logprobs, own.length);
    own.length += own.tokens.reduce((sum, token) => sum + charactersOf(token), 0);
    own.tokens = [];
    yield {
      ...head,
      choices: [{ index, text: echo + text, logprobs, finish_reason: finish ?? null }],
      ...(withUsage && { usage: null }),
    };
  }
  if (withUsage) yield { ...head, choices: [], usage: usageOf(usage) };
}

function usageOf({ promptTokens, completionTokens }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** @param start characters of the tokens before */
function logprobsOf(tokens: readonly CompletedToken[], most: number, start: number): object {
  let offset = start;
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logProbability }) => logProbability),
    top_logprobs:
      most === 0
        ? null
        : tokens.map(({ alternatives }) =>
            Object.fromEntries(alternatives.map(({ token, logProbability }) => [token, logProbability])),
          ),
    text_offset: tokens.map((token) => {
      const at = offset;
      offset += charactersOf(token);
      return at;
    }),
  };
}

/** Characters that begin in a token: all bytes of UTF-8 but those that go on with one. */
function charactersOf({ bytes }: CompletedToken): number {
  return bytes.filter((byte) => (byte & 0xc0) !== 0x80).length;
}
